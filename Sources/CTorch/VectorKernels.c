// Gram-Schmidt on long vectors: one pass over memory for all basis vectors, sums in double precision.
//
// These are bound by memory, so double precision is free, and blocks that stay in the first cache let one pass do both the
// subtraction and the next inner products.

#include "CTorch.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The choice among clones is made before ThreadSanitizer is ready, and is instrumented all the same.
#define ONE_CLONE
#endif
#endif
#if defined(__x86_64__) && defined(__ELF__) && !defined(ONE_CLONE)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif

enum {
    /// Elements of a vector that are worked on together: in double precision 8 KiB.
    block = 1024,
    /// Basis vectors that are worked on together, so that the vector is read once for all of them.
    together = 4,
    /// Independent partial sums, so that the additions need not wait for each other.
    lanes = 16,
    /// Elements of every basis vector that are combined together.
    narrow = 256,
};

FOR_EVERY_PROCESSOR
static double sum_of_squares(const double *a, int64_t count) {
    double sums[lanes] = {0};
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        for (int lane = 0; lane < lanes; ++lane)
            sums[lane] += a[i + lane] * a[i + lane];
    for (int lane = 0; i < count; ++i, ++lane)
        sums[lane] += a[i] * a[i];
    double total = 0;
    for (int lane = 0; lane < lanes; ++lane)
        total += sums[lane];
    return total;
}

#define DEFINE_KERNELS(type, suffix)                                                                                   \
    FOR_EVERY_PROCESSOR                                                                                                \
    static double dot_##suffix(const double *a, const type *b, int64_t count) {                                        \
        double sums[lanes] = {0};                                                                                      \
        int64_t i = 0;                                                                                                 \
        for (; i + lanes <= count; i += lanes)                                                                         \
            for (int lane = 0; lane < lanes; ++lane)                                                                   \
                sums[lane] += a[i + lane] * (double)b[i + lane];                                                       \
        for (int lane = 0; i < count; ++i, ++lane)                                                                     \
            sums[lane] += a[i] * (double)b[i];                                                                         \
        double total = 0;                                                                                              \
        for (int lane = 0; lane < lanes; ++lane)                                                                       \
            total += sums[lane];                                                                                       \
        return total;                                                                                                  \
    }                                                                                                                  \
                                                                                                                       \
    FOR_EVERY_PROCESSOR                                                                                                \
    static void dots_##suffix(                                                                                         \
        const double *a, const type *const *basis, int64_t start, int64_t count, double *dots) {                       \
        const type *b0 = basis[0] + start, *b1 = basis[1] + start;                                                     \
        const type *b2 = basis[2] + start, *b3 = basis[3] + start;                                                     \
        double s0[lanes] = {0}, s1[lanes] = {0}, s2[lanes] = {0}, s3[lanes] = {0};                                     \
        for (int64_t i = 0; i + lanes <= count; i += lanes) {                                                          \
            for (int lane = 0; lane < lanes; ++lane) {                                                                 \
                s0[lane] += a[i + lane] * (double)b0[i + lane];                                                        \
                s1[lane] += a[i + lane] * (double)b1[i + lane];                                                        \
                s2[lane] += a[i + lane] * (double)b2[i + lane];                                                        \
                s3[lane] += a[i + lane] * (double)b3[i + lane];                                                        \
            }                                                                                                          \
        }                                                                                                              \
        for (int64_t lane = 0, i = count - count % lanes; i < count; ++i, ++lane) {                                    \
            s0[lane] += a[i] * (double)b0[i];                                                                          \
            s1[lane] += a[i] * (double)b1[i];                                                                          \
            s2[lane] += a[i] * (double)b2[i];                                                                          \
            s3[lane] += a[i] * (double)b3[i];                                                                          \
        }                                                                                                              \
        double t0 = 0, t1 = 0, t2 = 0, t3 = 0;                                                                         \
        for (int lane = 0; lane < lanes; ++lane) {                                                                     \
            t0 += s0[lane];                                                                                            \
            t1 += s1[lane];                                                                                            \
            t2 += s2[lane];                                                                                            \
            t3 += s3[lane];                                                                                            \
        }                                                                                                              \
        dots[0] += t0;                                                                                                 \
        dots[1] += t1;                                                                                                 \
        dots[2] += t2;                                                                                                 \
        dots[3] += t3;                                                                                                 \
    }                                                                                                                  \
                                                                                                                       \
    FOR_EVERY_PROCESSOR                                                                                                \
    static void accumulate_##suffix(double *sums, const type *addend, double factor, int64_t count) {                  \
        for (int64_t i = 0; i < count; ++i)                                                                            \
            sums[i] += factor * (double)addend[i];                                                                     \
    }                                                                                                                  \
                                                                                                                       \
    FOR_EVERY_PROCESSOR                                                                                                \
    static void subtract_##suffix(                                                                                     \
        double *restrict sums, const type *const *basis, int64_t start, const double *c, int64_t count) {              \
        const type *b0 = basis[0] + start, *b1 = basis[1] + start;                                                     \
        const type *b2 = basis[2] + start, *b3 = basis[3] + start;                                                     \
        for (int64_t i = 0; i < count; ++i)                                                                            \
            sums[i] = (((sums[i] - c[0] * (double)b0[i]) - c[1] * (double)b1[i]) - c[2] * (double)b2[i]) -             \
                      c[3] * (double)b3[i];                                                                            \
    }                                                                                                                  \
                                                                                                                       \
    FOR_EVERY_PROCESSOR                                                                                                \
    static void widen_##suffix(double *sums, const type *values, int64_t count) {                                      \
        for (int64_t i = 0; i < count; ++i)                                                                            \
            sums[i] = (double)values[i];                                                                               \
    }                                                                                                                  \
                                                                                                                       \
    FOR_EVERY_PROCESSOR                                                                                                \
    static void store_##suffix(type *values, double *sums, int64_t count) {                                            \
        for (int64_t i = 0; i < count; ++i) {                                                                          \
            values[i] = (type)sums[i];                                                                                 \
            sums[i] = (double)values[i];                                                                               \
        }                                                                                                              \
    }                                                                                                                  \
                                                                                                                       \
    void ct_orthogonalize_##suffix(                                                                                    \
        const type *const *basis, int64_t basis_count, const double *coefficients, type *vector, int64_t from,         \
        int64_t to, double *dots, double *square) {                                                                    \
        double sums[block];                                                                                            \
        for (int64_t start = from; start < to; start += block) {                                                       \
            const int64_t count = to - start < block ? to - start : block;                                             \
            type *part = vector + start;                                                                               \
            widen_##suffix(sums, part, count);                                                                         \
            if (coefficients) {                                                                                        \
                int64_t j = 0;                                                                                         \
                for (; j + together <= basis_count; j += together)                                                     \
                    subtract_##suffix(sums, basis + j, start, coefficients + j, count);                                \
                for (; j < basis_count; ++j)                                                                           \
                    accumulate_##suffix(sums, basis[j] + start, -coefficients[j], count);                              \
                store_##suffix(part, sums, count);                                                                     \
            }                                                                                                          \
            int64_t j = 0;                                                                                             \
            for (; dots && j + together <= basis_count; j += together)                                                 \
                dots_##suffix(sums, basis + j, start, count, dots + j);                                                \
            for (; dots && j < basis_count; ++j)                                                                       \
                dots[j] += dot_##suffix(sums, basis[j] + start, count);                                                \
            if (square)                                                                                                \
                *square += sum_of_squares(sums, count);                                                                \
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
