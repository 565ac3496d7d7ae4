// Tensors, operators and autograd of libtorch. Every body that can throw runs inside `guarded`.

#include "Internal.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/version.h>

#if __has_include(<oneapi/dnnl/dnnl_version.h>)
#include <oneapi/dnnl/dnnl_version.h>
#endif

#include <cstring>
#include <dlfcn.h>
#include <string>
#include <vector>

struct ct_operator {
    c10::OperatorHandle handle;
};
struct ct_generator {
    at::Generator value;
};
struct ct_inference {
    c10::InferenceMode guard;
};

thread_local std::string ct::last_error;

namespace {

using ct::guarded;

ct_tensor *wrap(at::Tensor value) {
    return new ct_tensor{std::move(value)};
}

c10::IValue convert(const ct_value &value) {
    switch (value.tag) {
    case CT_NONE:
        return c10::IValue();
    case CT_TENSOR:
        return static_cast<const ct_tensor *>(value.pointer)->value;
    case CT_INT:
        return value.integer;
    case CT_DOUBLE:
        return value.real;
    case CT_BOOL:
        return value.integer != 0;
    case CT_INTS: {
        auto first = static_cast<const int64_t *>(value.pointer);
        return std::vector<int64_t>(first, first + value.count);
    }
    case CT_DOUBLES: {
        auto first = static_cast<const double *>(value.pointer);
        return std::vector<double>(first, first + value.count);
    }
    case CT_TENSORS: {
        auto first = static_cast<ct_tensor *const *>(value.pointer);
        c10::List<at::Tensor> list;
        for (int64_t i = 0; i < value.count; ++i)
            list.push_back(first[i]->value);
        return list;
    }
    case CT_OPTIONAL_TENSORS: {
        auto first = static_cast<ct_tensor *const *>(value.pointer);
        c10::List<std::optional<at::Tensor>> list;
        for (int64_t i = 0; i < value.count; ++i)
            list.push_back(first[i] ? std::optional<at::Tensor>(first[i]->value) : std::nullopt);
        return list;
    }
    case CT_STRING:
        return std::string(static_cast<const char *>(value.pointer));
    case CT_DEVICE:
        return c10::Device(static_cast<c10::DeviceType>(value.integer), static_cast<c10::DeviceIndex>(value.count));
    case CT_GENERATOR:
        return static_cast<const ct_generator *>(value.pointer)->value;
    }
    TORCH_CHECK(false, "unknown argument tag ", static_cast<int>(value.tag));
}

std::vector<at::Tensor> tensors(ct_tensor *const *handles, int64_t count) {
    std::vector<at::Tensor> result;
    result.reserve(count);
    for (int64_t i = 0; i < count; ++i)
        result.push_back(handles[i] ? handles[i]->value : at::Tensor());
    return result;
}

} // namespace

const char *ct_last_error(void) {
    return ct::last_error.c_str();
}

const char *ct_version(void) {
    return TORCH_VERSION;
}

#define CT_TEXT_OF(number) #number
#define CT_TEXT(number) CT_TEXT_OF(number)

const char *ct_onednn_version(void) {
#ifdef DNNL_VERSION_MAJOR
    if (at::hasMKLDNN())
        return CT_TEXT(DNNL_VERSION_MAJOR) "." CT_TEXT(DNNL_VERSION_MINOR) "." CT_TEXT(DNNL_VERSION_PATCH);
#endif
    return "";
}

int32_t ct_operator_find(const char *name, const char *overload, ct_operator **result) {
    return guarded([&] { *result = new ct_operator{c10::Dispatcher::singleton().findSchemaOrThrow(name, overload)}; });
}

int32_t ct_operator_call(
    const ct_operator *op, const ct_value *arguments, int64_t argument_count, ct_tensor **results, int64_t capacity,
    int64_t *result_count) {
    return guarded([&] {
        const auto &schema = op->handle.schema();
        const auto &expected = schema.arguments();
        TORCH_CHECK(
            argument_count <= static_cast<int64_t>(expected.size()), schema.name(), " takes at most ", expected.size(),
            " arguments, ", argument_count, " were given");
        c10::Stack stack;
        stack.reserve(expected.size());
        for (int64_t i = 0; i < argument_count; ++i)
            stack.push_back(convert(arguments[i]));
        for (size_t i = argument_count; i < expected.size(); ++i) {
            const auto &fallback = expected[i].default_value();
            TORCH_CHECK(fallback.has_value(), schema.name(), " needs an argument '", expected[i].name(), "'");
            stack.push_back(*fallback);
        }
        op->handle.callBoxed(stack);

        std::vector<at::Tensor> flat;
        for (auto &value : stack) {
            if (value.isTensor())
                flat.push_back(value.toTensor());
            else if (value.isTensorList())
                for (const at::Tensor &tensor : value.toTensorList())
                    flat.push_back(tensor);
        }
        TORCH_CHECK(
            static_cast<int64_t>(flat.size()) <= capacity, schema.name(), " returned ", flat.size(),
            " tensors, room was made for ", capacity);
        for (size_t i = 0; i < flat.size(); ++i)
            results[i] = wrap(std::move(flat[i]));
        *result_count = static_cast<int64_t>(flat.size());
    });
}

int32_t ct_tensor_create(
    const void *bytes, int64_t byte_count, int32_t dtype, const int64_t *shape, int64_t rank, ct_tensor **result) {
    return guarded([&] {
        auto type = static_cast<c10::ScalarType>(dtype);
        at::Tensor tensor = at::empty(at::IntArrayRef(shape, rank), at::TensorOptions().dtype(type));
        TORCH_CHECK(
            static_cast<int64_t>(tensor.nbytes()) == byte_count, "a tensor of this shape and type takes ",
            tensor.nbytes(), " bytes, ", byte_count, " were given");
        if (byte_count > 0)
            std::memcpy(tensor.data_ptr(), bytes, byte_count);
        *result = wrap(std::move(tensor));
    });
}

int32_t ct_tensor_read(const ct_tensor *tensor, void *bytes, int64_t byte_count) {
    return guarded([&] {
        at::Tensor host = tensor->value.detach().to(at::kCPU).contiguous();
        TORCH_CHECK(
            static_cast<int64_t>(host.nbytes()) == byte_count, "the tensor holds ", host.nbytes(), " bytes, room is for ",
            byte_count);
        if (byte_count > 0)
            std::memcpy(bytes, host.data_ptr(), byte_count);
    });
}

void ct_tensor_free(ct_tensor *tensor) {
    delete tensor;
}

int64_t ct_tensor_rank(const ct_tensor *tensor) {
    return tensor->value.dim();
}

int32_t ct_tensor_shape(const ct_tensor *tensor, int64_t *shape) {
    return guarded([&] {
        auto sizes = tensor->value.sizes();
        std::copy(sizes.begin(), sizes.end(), shape);
    });
}

int64_t ct_tensor_element_count(const ct_tensor *tensor) {
    return tensor->value.numel();
}

int32_t ct_tensor_dtype(const ct_tensor *tensor) {
    return static_cast<int32_t>(tensor->value.scalar_type());
}

void ct_tensor_device(const ct_tensor *tensor, int32_t *type, int32_t *index) {
    auto device = tensor->value.device();
    *type = static_cast<int32_t>(device.type());
    *index = device.index();
}

bool ct_tensor_requires_grad(const ct_tensor *tensor) {
    return tensor->value.requires_grad();
}

int32_t ct_tensor_set_requires_grad(ct_tensor *tensor, bool value) {
    return guarded([&] { tensor->value.set_requires_grad(value); });
}

int32_t ct_tensor_address(const ct_tensor *tensor, uint64_t *address) {
    return guarded([&] { *address = reinterpret_cast<uint64_t>(tensor->value.data_ptr()); });
}

bool ct_tensor_is_plain(const ct_tensor *tensor) {
    const auto &value = tensor->value;
    return value.is_cpu() && value.is_contiguous() && !value.is_neg() && !value.is_conj();
}

int32_t ct_grad(
    ct_tensor *const *outputs, int64_t output_count, ct_tensor *const *inputs, int64_t input_count,
    ct_tensor *const *output_gradients, bool retain_graph, bool create_graph, ct_tensor **results) {
    return guarded([&] {
        std::vector<at::Tensor> seeds;
        if (output_gradients)
            seeds = tensors(output_gradients, output_count);
        auto gradients = torch::autograd::grad(
            tensors(outputs, output_count), tensors(inputs, input_count), seeds, retain_graph, create_graph,
            /*allow_unused=*/true);
        for (int64_t i = 0; i < input_count; ++i)
            results[i] = gradients[i].defined() ? wrap(std::move(gradients[i])) : nullptr;
    });
}

bool ct_grad_mode(bool enabled) {
    bool former = at::GradMode::is_enabled();
    at::GradMode::set_enabled(enabled);
    return former;
}

ct_inference *ct_inference_enter(void) {
    return new ct_inference{};
}

void ct_inference_leave(ct_inference *guard) {
    delete guard;
}

int32_t ct_generator_create(uint64_t seed, ct_generator **result) {
    return guarded([&] { *result = new ct_generator{at::make_generator<at::CPUGeneratorImpl>(seed)}; });
}

void ct_generator_free(ct_generator *generator) {
    delete generator;
}

int32_t ct_set_threads(int32_t count) {
    return guarded([&] { at::set_num_threads(count); });
}

int32_t ct_threads(void) {
    return at::get_num_threads();
}

int32_t ct_cuda_devices(void) {
    // A CUDA libtorch registers its kernels when this library is loaded; a CPU build has no such file.
    static void *library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
    int32_t count = 0;
    if (library)
        guarded([&] { count = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0; });
    return count;
}

int32_t ct_set_deterministic(bool value) {
    return guarded([&] {
        at::globalContext().setDeterministicAlgorithms(value, /*warn_only=*/true);
        at::globalContext().setDeterministicFillUninitializedMemory(false);
        at::globalContext().setAllowTF32CuBLAS(false);
        at::globalContext().setAllowTF32CuDNN(false);
    });
}
