// float32 matrix products through oneDNN.
//
// libtorch's CPU build sends them to MKL, which on AMD processors stays with AVX2: measured here, 111 GFLOP/s of a core
// against 247 through the oneDNN that libtorch itself contains and uses for narrower types. Replacing the kernels of three
// operators reaches every product, those of first and second derivatives included.

#include "CTorch.h"

#include <ATen/Config.h>
#include <ATen/Context.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/addmm_cpu_dispatch.h>
#include <ATen/ops/bmm_cpu_dispatch.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm_cpu_dispatch.h>
#include <c10/util/Exception.h>
#include <torch/library.h>

#include <cstdlib>
#include <memory>
#include <string>

// Exported by libtorch but in no public header; weak, so that a libtorch without it is used as it is.
namespace at::native {
__attribute__((weak)) void mkldnn_matmul(
    const at::Tensor &mat1, const at::Tensor &mat2, const at::Tensor &result, float beta, float alpha);
}

namespace {

/// Below this number of multiplications MKL is faster: a call of oneDNN costs about 10 µs whatever its size, measured on
/// square and flat matrices, and earns that back at about 10⁶ multiplications.
constexpr int64_t worthwhile = 1 << 20;

/// Whether the last two dimensions are a plain matrix or the transpose of one, as oneDNN's fast kernels want them.
bool is_plain(const at::Tensor &tensor) {
    const int64_t rank = tensor.dim();
    const int64_t rows = tensor.size(-2), columns = tensor.size(-1);
    const int64_t down = tensor.stride(-2), right = tensor.stride(-1);
    if (rank == 3 && tensor.stride(0) != rows * columns)
        return false;
    return (right == 1 && down == columns) || (down == 1 && right == rows);
}

bool is_eligible(const at::Tensor &a, const at::Tensor &b, int64_t rank) {
    if (a.scalar_type() != at::kFloat || b.scalar_type() != at::kFloat || a.dim() != rank || b.dim() != rank)
        return false;
    if (a.size(-1) != b.size(-2) || (rank == 3 && a.size(0) != b.size(0)) || a._is_zerotensor() || b._is_zerotensor())
        return false;
    const int64_t matrices = rank == 3 ? a.size(0) : 1;
    return matrices * a.size(-2) * a.size(-1) * b.size(-1) >= worthwhile && is_plain(a) && is_plain(b);
}

using Linear = at::Tensor(
    const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &, std::string_view,
    c10::List<std::optional<at::Scalar>>, std::optional<std::string_view>);

/// oneDNN's inner product, x Wᵀ + bias in one pass: on a layer as it lies in memory it reaches 107 GFLOP/s of a core where the general
/// product reaches 99, and the bias costs nothing. None where this libtorch has no such operator.
const c10::TypedOperatorHandle<Linear> *inner_product() {
    static const auto *handle = []() -> const c10::TypedOperatorHandle<Linear> * {
        try {
            auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
            return found ? new c10::TypedOperatorHandle<Linear>(found->typed<Linear>()) : nullptr;
        } catch (...) {
            return nullptr;
        }
    }();
    return handle;
}

/// a b + bias by the inner product; undefined where it does not apply.
at::Tensor by_inner_product(const at::Tensor &a, const at::Tensor &b, const std::optional<at::Tensor> &bias) {
    const auto *product = inner_product();
    if (!product || !a.is_contiguous() || !b.t().is_contiguous())
        return {};
    at::AutoDispatchBelowADInplaceOrView guard;
    return product->call(a, b.t(), bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

/// Whether the general product runs on this processor: without AVX-512 (Zen 3, for one) libtorch refuses it, float32 included,
/// where the inner product works.
bool has_general_product() {
    static const bool works = [] {
        try {
            const auto square = at::full({2, 2}, 1.0, at::TensorOptions(at::kFloat));
            auto result = at::empty({2, 2}, square.options());
            at::native::mkldnn_matmul(square, square, result, 0, 1);
            return true;
        } catch (...) {
            return false;
        }
    }();
    return works;
}

at::Tensor mm(const at::Tensor &a, const at::Tensor &b) {
    if (!is_eligible(a, b, 2))
        return at::cpu::mm(a, b);
    if (auto result = by_inner_product(a, b, std::nullopt); result.defined())
        return result;
    if (!has_general_product())
        return at::cpu::mm(a, b);
    auto result = at::empty({a.size(0), b.size(1)}, a.options());
    at::native::mkldnn_matmul(a, b, result, 0, 1);
    return result;
}

at::Tensor addmm(
    const at::Tensor &addend, const at::Tensor &a, const at::Tensor &b, const at::Scalar &beta,
    const at::Scalar &alpha) {
    const bool plain = beta.toDouble() == 1 && alpha.toDouble() == 1 && addend.scalar_type() == at::kFloat;
    if (!plain || !is_eligible(a, b, 2))
        return at::cpu::addmm(addend, a, b, beta, alpha);
    if (addend.dim() == 1 && addend.size(0) == b.size(1) && addend.is_contiguous())
        if (auto result = by_inner_product(a, b, addend); result.defined())
            return result;
    if (!has_general_product())
        return at::cpu::addmm(addend, a, b, beta, alpha);
    auto result = at::empty({a.size(0), b.size(1)}, a.options());
    result.copy_(addend.expand(result.sizes()));
    at::native::mkldnn_matmul(a, b, result, 1, 1);
    return result;
}

at::Tensor bmm(const at::Tensor &a, const at::Tensor &b) {
    if (!is_eligible(a, b, 3) || !has_general_product())
        return at::cpu::bmm(a, b);
    auto result = at::empty({a.size(0), a.size(1), b.size(2)}, a.options());
    at::native::mkldnn_matmul(a, b, result, 0, 1);
    return result;
}

/// The dispatcher warns when a kernel is replaced; here that is the purpose.
struct Silence : c10::WarningHandler {
    void process(const c10::Warning &) override {}
};

} // namespace

bool ct_use_onednn(void) {
    static const bool installed = [] {
        const char *choice = std::getenv("LANDSCAPE_ONEDNN");
        if ((choice && std::string(choice) == "0") || !at::native::mkldnn_matmul || !at::hasMKLDNN())
            return false;
        try {
            Silence silence;
            c10::WarningUtils::WarningHandlerGuard guard(&silence);
            // Lives as long as the process: its end would take the kernels away again.
            auto *library = new torch::Library(
                torch::Library::IMPL, "aten", c10::DispatchKey::CPU, __FILE__, static_cast<uint32_t>(__LINE__));
            library->impl("mm", mm);
            library->impl("addmm", addmm);
            library->impl("bmm", bmm);
            return true;
        } catch (...) {
            return false;
        }
    }();
    return installed;
}
