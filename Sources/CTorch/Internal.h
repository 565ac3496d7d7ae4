// What the translation units that see libtorch share.

#ifndef CTORCH_INTERNAL_H
#define CTORCH_INTERNAL_H

#include "CTorch.h"

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <string>

struct ct_tensor {
    at::Tensor value;
};

namespace ct {

/// The message of the last failure on this thread.
extern thread_local std::string last_error;

/// Runs a body that may throw; no exception leaves it.
template <typename Body> int32_t guarded(Body body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error &error) {
        last_error = error.what_without_backtrace();
    } catch (const std::exception &error) {
        last_error = error.what();
    } catch (...) {
        last_error = "unknown C++ exception";
    }
    return 1;
}

} // namespace ct

#endif
