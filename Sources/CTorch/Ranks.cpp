// Several processes as one: libtorch's TCP store and Gloo's collective operations. Every body that can throw runs inside `guarded`.

#include "Internal.h"

#define USE_C10D_GLOO 1
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <c10/util/Logging.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

using ct::guarded;
using std::chrono::milliseconds;

struct ct_store {
    c10::intrusive_ptr<c10d::Store> value;
    uint16_t port;
};
struct ct_group {
    c10::intrusive_ptr<c10d::ProcessGroupGloo> value;
};
struct ct_work {
    c10::intrusive_ptr<c10d::Work> value;
    /// What is reduced, in the host's memory and in a type that loses nothing in the sum.
    std::vector<at::Tensor> operands;
    at::Tensor target;
};

namespace {

/// A connection that ends is an error that our caller reports; libtorch would print a stack trace of its own as a warning.
void silence_warnings() {
    static std::once_flag once;
    std::call_once(once, [] {
        if (!std::getenv("TORCH_CPP_LOG_LEVEL"))
            FLAGS_caffe2_log_level = std::max(FLAGS_caffe2_log_level, static_cast<int>(c10::GLOG_ERROR));
    });
}

} // namespace

int32_t ct_store_open(
    const char *host, uint16_t port, bool serves, const char *prefix, int64_t timeout, ct_store **result) {
    return guarded([&] {
        silence_warnings();
        c10d::TCPStoreOptions options;
        options.port = port;
        options.isServer = serves;
        options.waitWorkers = false;
        options.timeout = milliseconds(timeout);
        auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
        const uint16_t actual = store->getPort();
        *result = new ct_store{c10::make_intrusive<c10d::PrefixStore>(prefix, std::move(store)), actual};
    });
}

int32_t ct_store_clone(const ct_store *store, ct_store **result) {
    return guarded([&] { *result = new ct_store{store->value->clone(), store->port}; });
}

void ct_store_free(ct_store *store) {
    guarded([&] { delete store; });
}

uint16_t ct_store_port(const ct_store *store) {
    return store->port;
}

int32_t ct_store_set(ct_store *store, const char *key, const void *bytes, int64_t count) {
    return guarded([&] {
        auto first = static_cast<const uint8_t *>(bytes);
        store->value->set(key, std::vector<uint8_t>(first, first + count));
    });
}

int32_t ct_store_get(ct_store *store, const char *key, uint8_t **bytes, int64_t *count) {
    return guarded([&] {
        *bytes = nullptr;
        *count = 0;
        if (!store->value->check({key}))
            return;
        auto value = store->value->get(key);
        // One byte at least, so that an empty value is told from none.
        auto copy = static_cast<uint8_t *>(std::malloc(std::max<size_t>(value.size(), 1)));
        TORCH_CHECK(copy, "no memory for ", value.size(), " bytes");
        std::copy(value.begin(), value.end(), copy);
        *bytes = copy;
        *count = static_cast<int64_t>(value.size());
    });
}

void ct_bytes_free(uint8_t *bytes) {
    std::free(bytes);
}

int32_t ct_store_add(ct_store *store, const char *key, int64_t amount, int64_t *result) {
    return guarded([&] { *result = store->value->add(key, amount); });
}

int32_t ct_store_delete(ct_store *store, const char *key) {
    return guarded([&] { store->value->deleteKey(key); });
}

int32_t ct_group_join(
    const ct_store *store, const char *name, int32_t position, int32_t size, int64_t connecting, int64_t operating,
    ct_group **result) {
    return guarded([&] {
        // The name of the interface comes from the environment's GLOO_SOCKET_IFNAME, as everywhere in libtorch.
        auto options = c10d::ProcessGroupGloo::Options::create_default(milliseconds(connecting));
        auto names = c10::make_intrusive<c10d::PrefixStore>(name, store->value->clone());
        auto group = c10::make_intrusive<c10d::ProcessGroupGloo>(names, position, size, options);
        options->timeout = milliseconds(operating);
        *result = new ct_group{std::move(group)};
    });
}

void ct_group_free(ct_group *group) {
    guarded([&] { delete group; });
}

int32_t ct_group_reduce(ct_group *group, ct_tensor *tensor, bool largest, ct_work **result) {
    return guarded([&] {
        const at::Tensor &target = tensor->value;
        at::Tensor operand = target.detach();
        // Sums of 8 bits of mantissa would lose more than those of the batches.
        if (operand.scalar_type() == at::kBFloat16)
            operand = operand.to(at::kFloat);
        operand = operand.to(at::kCPU).contiguous();
        auto work = std::make_unique<ct_work>(ct_work{nullptr, {operand}, target});
        c10d::AllreduceOptions options;
        options.reduceOp = largest ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
        work->value = group->value->allreduce(work->operands, options);
        *result = work.release();
    });
}

int32_t ct_work_wait(ct_work *work, int64_t timeout, bool *done) {
    return guarded([&] {
        *done = false;
        try {
            work->value->wait(milliseconds(timeout));
        } catch (const std::exception &) {
            if (!work->value->isCompleted())
                return;
            throw;
        }
        // Where the elements are not the target's own.
        if (work->operands[0].unsafeGetTensorImpl() != work->target.unsafeGetTensorImpl() &&
            (!work->target.is_cpu() || work->operands[0].data_ptr() != work->target.data_ptr())) {
            at::NoGradGuard none;
            work->target.copy_(work->operands[0]);
        }
        *done = true;
    });
}

void ct_work_free(ct_work *work) {
    guarded([&] { delete work; });
}
