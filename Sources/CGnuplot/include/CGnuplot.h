// gnuplot-iostream behind C functions. No C++ exception leaves this library, and a gnuplot that dies does not end the
// process by SIGPIPE.

#ifndef CGNUPLOT_H
#define CGNUPLOT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Writes `text` to the script file `path`. Returns 0, or 1 with a message in `error` (of `capacity` bytes).
int32_t cgnuplot_write(const char *path, const char *text, char *error, int64_t capacity);

/// Starts gnuplot by the shell command `command` and sends it `text`; waits for its end. Returns 0, or 1 with a message.
int32_t cgnuplot_send(const char *command, const char *text, char *error, int64_t capacity);

#ifdef __cplusplus
}
#endif

#endif
