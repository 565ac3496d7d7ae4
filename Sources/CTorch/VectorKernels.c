// Gram-Schmidt on long vectors: one pass over memory for all basis vectors, sums in double precision.
//
// These are bound by memory, so double precision is free, and blocks that stay in the first cache let one pass do both the
// subtraction and the next inner products.

#include "CTorch.h"

#if defined(__x86_64__) && defined(__ELF__)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif

enum {
    /// Elements of a vector that are worked on together: with their double precision copy 12 KiB.
    block = 1024,
    /// Independent partial sums, so that the additions need not wait for each other.
    lanes = 32,
    /// Elements of every basis vector that are combined together.
    narrow = 256,
};

#define DEFINE_KERNELS(type, suffix)                                                                                   \
    FOR_EVERY_PROCESSOR                                                                                                \
    static double dot_##suffix(const type *a, const type *b, int64_t count) {                                          \
        double sums[lanes] = {0};                                                                                      \
        int64_t i = 0;                                                                                                 \
        for (; i + lanes <= count; i += lanes)                                                                         \
            for (int lane = 0; lane < lanes; ++lane)                                                                   \
                sums[lane] += (double)a[i + lane] * (double)b[i + lane];                                               \
        for (int lane = 0; i < count; ++i, ++lane)                                                                     \
            sums[lane] += (double)a[i] * (double)b[i];                                                                 \
        double total = 0;                                                                                              \
        for (int lane = 0; lane < lanes; ++lane)                                                                       \
            total += sums[lane];                                                                                       \
        return total;                                                                                                  \
    }                                                                                                                  \
                                                                                                                       \
    FOR_EVERY_PROCESSOR                                                                                                \
    static void accumulate_##suffix(double *sums, const type *addend, double factor, int64_t count) {                  \
        for (int64_t i = 0; i < count; ++i)                                                                            \
            sums[i] += factor * (double)addend[i];                                                                     \
    }                                                                                                                  \
                                                                                                                       \
    void ct_orthogonalize_##suffix(                                                                                    \
        const type *const *basis, int64_t basis_count, const double *coefficients, type *vector, int64_t from,         \
        int64_t to, double *dots, double *square) {                                                                    \
        double sums[block];                                                                                            \
        for (int64_t start = from; start < to; start += block) {                                                       \
            const int64_t count = to - start < block ? to - start : block;                                             \
            type *part = vector + start;                                                                               \
            if (coefficients) {                                                                                        \
                for (int64_t i = 0; i < count; ++i)                                                                    \
                    sums[i] = (double)part[i];                                                                         \
                for (int64_t j = 0; j < basis_count; ++j)                                                              \
                    accumulate_##suffix(sums, basis[j] + start, -coefficients[j], count);                              \
                for (int64_t i = 0; i < count; ++i)                                                                    \
                    part[i] = (type)sums[i];                                                                           \
            }                                                                                                          \
            for (int64_t j = 0; dots && j < basis_count; ++j)                                                          \
                dots[j] += dot_##suffix(basis[j] + start, part, count);                                                \
            if (square)                                                                                                \
                *square += dot_##suffix(part, part, count);                                                            \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    void ct_combine_##suffix(                                                                                          \
        type *const *basis, int64_t rows, const double *coefficients, int64_t columns, int64_t from, int64_t to,       \
        type *scratch) {                                                                                               \
        double sums[narrow];                                                                                           \
        for (int64_t start = from; start < to; start += narrow) {                                                      \
            const int64_t count = to - start < narrow ? to - start : narrow;                                           \
            for (int64_t row = 0; row < rows; ++row)                                                                   \
                for (int64_t i = 0; i < count; ++i)                                                                    \
                    scratch[row * narrow + i] = basis[row][start + i];                                                 \
            for (int64_t column = 0; column < columns; ++column) {                                                     \
                for (int64_t i = 0; i < count; ++i)                                                                    \
                    sums[i] = 0;                                                                                       \
                for (int64_t row = 0; row < rows; ++row)                                                               \
                    accumulate_##suffix(sums, scratch + row * narrow, coefficients[column * rows + row], count);       \
                for (int64_t i = 0; i < count; ++i)                                                                    \
                    basis[column][start + i] = (type)sums[i];                                                          \
            }                                                                                                          \
        }                                                                                                              \
    }

DEFINE_KERNELS(float, f32)
DEFINE_KERNELS(double, f64)

int64_t ct_combine_scratch(int64_t rows) {
    return rows * narrow;
}
