// libtorch behind a pure C interface.
//
// Every function that can fail returns a status: 0 on success, 1 on failure. After a failure
// `ct_last_error()` holds the message of the calling thread. No C++ exception leaves this library.
//
// Operators are reached through libtorch's own dispatcher by schema name (`aten::layer_norm`), so the
// surface stays this small however many operators the models need.

#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor ct_tensor;
typedef struct ct_operator ct_operator;
typedef struct ct_generator ct_generator;
typedef struct ct_inference ct_inference;
typedef struct ct_store ct_store;
typedef struct ct_group ct_group;
typedef struct ct_work ct_work;

typedef enum {
    CT_NONE = 0,
    CT_TENSOR,           // pointer: ct_tensor *
    CT_INT,              // integer
    CT_DOUBLE,           // real
    CT_BOOL,             // integer, 0 or 1
    CT_INTS,             // pointer: const int64_t *, count
    CT_DOUBLES,          // pointer: const double *, count
    CT_TENSORS,          // pointer: ct_tensor *const *, count
    CT_OPTIONAL_TENSORS, // as CT_TENSORS, NULL entries are None
    CT_STRING,           // pointer: const char *, NUL terminated
    CT_DEVICE,           // integer: device type (0 CPU, 1 CUDA); count: device index, -1 for the current one
    CT_GENERATOR,        // pointer: ct_generator *
} ct_tag;

typedef struct {
    ct_tag tag;
    int64_t integer;
    double real;
    const void *pointer;
    int64_t count;
} ct_value;

/// The message of the last failure on this thread.
const char *ct_last_error(void);

/// libtorch's version, such as "2.13.0+cpu".
const char *ct_version(void);

/// The version of the oneDNN that libtorch was built with, "" for none.
const char *ct_onednn_version(void);

// Operators

/// Looks `name` with `overload` ("" for none) up in the dispatcher. The result lives as long as the process.
int32_t ct_operator_find(const char *name, const char *overload, ct_operator **result);

/// Calls an operator with positional arguments in schema order; missing trailing ones take the schema's defaults.
/// Tensor results (tensors in a returned list too) are stored in `results`, at most `capacity` of them.
int32_t ct_operator_call(
    const ct_operator *op, const ct_value *arguments, int64_t argument_count, ct_tensor **results, int64_t capacity,
    int64_t *result_count);

// Tensors

/// A new CPU tensor holding a copy of `byte_count` bytes, row-major.
int32_t ct_tensor_create(
    const void *bytes, int64_t byte_count, int32_t dtype, const int64_t *shape, int64_t rank, ct_tensor **result);
/// Copies the elements, row-major, to host memory of `byte_count` bytes.
int32_t ct_tensor_read(const ct_tensor *tensor, void *bytes, int64_t byte_count);
/// Ends the use of a tensor handle.
void ct_tensor_free(ct_tensor *tensor);
int64_t ct_tensor_rank(const ct_tensor *tensor);
int32_t ct_tensor_shape(const ct_tensor *tensor, int64_t *shape);
int64_t ct_tensor_element_count(const ct_tensor *tensor);
int32_t ct_tensor_dtype(const ct_tensor *tensor);
void ct_tensor_device(const ct_tensor *tensor, int32_t *type, int32_t *index);
bool ct_tensor_requires_grad(const ct_tensor *tensor);
int32_t ct_tensor_set_requires_grad(ct_tensor *tensor, bool value);
/// The address of the first element: equal addresses mean shared memory.
int32_t ct_tensor_address(const ct_tensor *tensor, uint64_t *address);
/// Whether the elements lie in the host's memory, one after the other.
bool ct_tensor_is_plain(const ct_tensor *tensor);

// Long vectors in the host's memory; sums in double precision (VectorKernels.c)

/// On the elements [from, to): vector -= sum of coefficients[j] basis[j] unless `coefficients` is NULL, then adds the inner
/// products of the result with every basis vector to `dots` and with itself to `square`, unless these are NULL.
void ct_orthogonalize_f32(
    const float *const *basis, int64_t basis_count, const double *coefficients, float *vector, int64_t from, int64_t to,
    double *dots, double *square);
void ct_orthogonalize_f64(
    const double *const *basis, int64_t basis_count, const double *coefficients, double *vector, int64_t from,
    int64_t to, double *dots, double *square);
/// On the elements [from, to): basis[c] = sum over rows r of coefficients[c * rows + r] basis[r] for the columns c; at most
/// as many columns as rows. `scratch` holds ct_combine_scratch(rows) elements.
void ct_combine_f32(
    float *const *basis, int64_t rows, const double *coefficients, int64_t columns, int64_t from, int64_t to,
    float *scratch);
void ct_combine_f64(
    double *const *basis, int64_t rows, const double *coefficients, int64_t columns, int64_t from, int64_t to,
    double *scratch);
int64_t ct_combine_scratch(int64_t rows);

// Autograd

/// torch.autograd.grad. `output_gradients` may be NULL (scalar outputs). Unused inputs give NULL results.
int32_t ct_grad(
    ct_tensor *const *outputs, int64_t output_count, ct_tensor *const *inputs, int64_t input_count,
    ct_tensor *const *output_gradients, bool retain_graph, bool create_graph, ct_tensor **results);
/// Switches gradient recording on this thread and returns the former state.
bool ct_grad_mode(bool enabled);
/// Enters inference mode on this thread; leave it on the same thread.
ct_inference *ct_inference_enter(void);
void ct_inference_leave(ct_inference *guard);

// Random numbers

/// A CPU Mersenne Twister of its own, independent of any global state.
int32_t ct_generator_create(uint64_t seed, ct_generator **result);
void ct_generator_free(ct_generator *generator);

// Several processes (Ranks.cpp)

/// Joins the key-value store at `host`:`port`, or begins it there; `prefix` stands before all keys. Waits at most
/// `timeout` milliseconds for it.
int32_t ct_store_open(
    const char *host, uint16_t port, bool serves, const char *prefix, int64_t timeout, ct_store **result);
/// Another connection to the same store.
int32_t ct_store_clone(const ct_store *store, ct_store **result);
void ct_store_free(ct_store *store);
/// The port of the store.
uint16_t ct_store_port(const ct_store *store);
int32_t ct_store_set(ct_store *store, const char *key, const void *bytes, int64_t count);
/// The value of a key, to be freed with ct_bytes_free; NULL where there is none. Never waits for one.
int32_t ct_store_get(ct_store *store, const char *key, uint8_t **bytes, int64_t *count);
void ct_bytes_free(uint8_t *bytes);
/// Adds to a counter, which begins at 0, and gives its new value.
int32_t ct_store_add(ct_store *store, const char *key, int64_t amount, int64_t *result);
int32_t ct_store_delete(ct_store *store, const char *key);

/// A group of `size` processes, of which this is the one at `position`, for collective operations through Gloo. All must call it.
/// `connecting` and `operating` bound, in milliseconds, the making of the connections and the wait for data in an operation.
int32_t ct_group_join(
    const ct_store *store, const char *name, int32_t position, int32_t size, int64_t connecting, int64_t operating,
    ct_group **result);
void ct_group_free(ct_group *group);
/// Begins to replace the elements of a tensor by their sum (or largest value) over the group; the tensor must not be used until
/// ct_work_wait says that it is done.
int32_t ct_group_reduce(ct_group *group, ct_tensor *tensor, bool largest, ct_work **result);
/// Waits for at most `timeout` milliseconds. Fails when the operation failed.
int32_t ct_work_wait(ct_work *work, int64_t timeout, bool *done);
void ct_work_free(ct_work *work);

// The machine

int32_t ct_set_threads(int32_t count);
int32_t ct_threads(void);
/// Loads the CUDA libraries when this libtorch has them; returns the number of usable GPUs.
int32_t ct_cuda_devices(void);
/// Sends float32 matrix products to oneDNN from now on, where this libtorch can; says whether it does.
/// The environment's LANDSCAPE_ONEDNN=0 forbids it.
bool ct_use_onednn(void);
/// Asks libtorch for deterministic kernels and, on CUDA, no TF32.
int32_t ct_set_deterministic(bool value);

#ifdef __cplusplus
}
#endif

#endif
