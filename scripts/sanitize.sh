#!/bin/bash
# AddressSanitizer and ThreadSanitizer over the C and C++ shims and the parallel code. SANITIZERS="address thread" chooses.
# Each builds everything once in a folder of its own (ten minutes and more), afterwards only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."
# Tensors and kernels (CTorch), figures (CGnuplot), slices, ranks, ordered batches.
parallel='TensorTests|FiguresTests|CheckpointsTests|TimeSeriesTests|KrylovTests|LandscapeTests'
# HDF5 and the lock of outputs (CHDF5). Result files are read in a child of fork, in which ThreadSanitizer stands still when its
# parent has threads.
forking='ArchiveTests|HostileInputTests'
for sanitizer in ${SANITIZERS:-address thread}; do
    folder=.build-$([ "$sanitizer" = address ] && echo asan || echo tsan)
    suites=${SANITIZE_SUITES:-$([ "$sanitizer" = address ] && echo "$parallel|$forking" || echo "$parallel")}
    swift build --build-tests --sanitize="$sanitizer" --scratch-path $folder
    # Leaks: Swift's runtime, Foundation and libtorch keep caches until the end of the process by design, hundreds of
    # reports that hide any of ours. The reader of pickles, where circles can leak, has a test of its own.
    export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0
    export TSAN_OPTIONS="suppressions=$PWD/scripts/thread-sanitizer.supp:die_after_fork=0:halt_on_error=0:exitcode=66"
    swift test --skip-build --sanitize="$sanitizer" --scratch-path $folder --no-parallel --filter "$suites"
done
