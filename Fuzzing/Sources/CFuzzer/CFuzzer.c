#include "CFuzzer.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// The section of the counters that -fsanitize=fuzzer puts behind every branch.
extern uint8_t __start___sancov_cntrs[] __attribute__((weak));
extern uint8_t __stop___sancov_cntrs[] __attribute__((weak));

// Not counted itself: in an object file with counters the names above would be the compiler's own.
__attribute__((no_sanitize("coverage"))) size_t cfuzzer_share_counters(void) {
    if (!__start___sancov_cntrs) return 0;
    // Whole pages only: on the first and the last one other variables stand beside the counters.
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)__start___sancov_cntrs + page - 1) / page * page;
    uintptr_t end = (uintptr_t)__stop___sancov_cntrs / page * page;
    if (begin >= end) return 0;
    size_t size = end - begin;
    void *pages = mmap((void *)begin, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return pages == MAP_FAILED ? 0 : size;
}
