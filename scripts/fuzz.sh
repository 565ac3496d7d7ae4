#!/bin/bash
# Fuzzes the readers of foreign files: FUZZ_SECONDS (600) for each target, two at a time; a table at the end.
# Exit code 1 when something was found; the inputs lie in .build-fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
targets=${FUZZ_TARGETS:-Safetensors PyTorch Table Configuration Result}
plain=.build-fuzz-plain
build=.build-fuzz

# --sanitize=fuzzer leaves the main function to libFuzzer. Of several -sanitize swiftc takes the last, so that one names both;
# SwiftPM's own two would come in any order.
(cd Fuzzing && swift build -c release --scratch-path ../$build --sanitize=fuzzer -Xswiftc -sanitize=address,fuzzer \
    -Xcc -fsanitize=address,fuzzer-no-link)
# Result files are read in a child of fork, which the shadow memory of AddressSanitizer makes slow, and libhdf5 is not
# instrumented anyway.
(cd Fuzzing && swift build -c release --scratch-path ../$plain --sanitize=fuzzer -Xcc -fsanitize=fuzzer-no-link \
    --product FuzzResult)

mkdir -p $build/findings $build/corpus $build/logs
fuzz() {
    local target=$1 program=$build/release/Fuzz$1 length=16384
    if [ "$target" = Result ]; then
        program=$plain/release/FuzzResult
        length=65536
    fi
    local dictionary=Fuzzing/Dictionaries/$target.dict
    [ -f "$dictionary" ] && dictionary=-dict=$dictionary || dictionary=
    mkdir -p "$build/corpus/$target"
    FUZZ_SEEDS=$build/corpus/$target $program > /dev/null 2>&1
    # Leaks are looked for by `make sanitize`; at exit Foundation's own caches would be reported here.
    ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no nice -n 5 "$program" \
        -max_total_time="$seconds" -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=25 -max_len=$length \
        -print_final_stats=1 $dictionary -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" \
        > "$build/logs/$target.log" 2>&1 || true
}
export -f fuzz
export build plain seconds
rm -f $build/findings/*
echo "$targets" | tr ' ' '\n' | xargs -P 2 -I{} bash -c 'fuzz {}'

printf '%-14s %10s %7s %7s %8s %9s %7s %s\n' target runs runs/s corpus edges features MB findings
found=0
for target in $targets; do
    log=$build/logs/$target.log
    value() { grep -a "stat::$1:" "$log" | awk '{print $2}' | tail -1 || true; }
    last=$(grep -aE "cov: [0-9]+ ft: [0-9]+ corp" "$log" | tail -1 || true)
    field() { echo "$last" | sed -n "s/.* $1: \([0-9]*\).*/\1/p"; }
    # A slow input is not a finding: one that is too slow is a timeout.
    findings=$(find $build/findings -name "$target-*" ! -name "*-slow-unit-*" | wc -l)
    found=$((found + findings))
    printf '%-14s %10s %7s %7s %8s %9s %7s %s\n' "$target" "$(value number_of_executed_units)" \
        "$(value average_exec_per_sec)" "$(field corp)" "$(field cov)" "$(field ft)" "$(value peak_rss_mb)" "$findings"
done
[ $found = 0 ]
