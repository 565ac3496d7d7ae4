/// What libFuzzer gives and Swift cannot say.
#ifndef LANDSCAPE_CFUZZER_H
#define LANDSCAPE_CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// libFuzzer's own mutations of the first `size` of `capacity` bytes; returns the new size.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t capacity);

/// Makes children of `fork` count what they execute in the counters of this process. Returns the number of bytes shared.
size_t cfuzzer_share_counters(void);

#endif
