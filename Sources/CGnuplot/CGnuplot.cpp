#include "CGnuplot.h"

#include <csignal>
#include <cstring>
#include <exception>
#include <string>

#include <gnuplot-iostream.h>

namespace {

/// SIGPIPE is ignored while gnuplot may die at the other end of a pipe.
class IgnoredPipe {
    struct sigaction former;

  public:
    IgnoredPipe() {
        struct sigaction ignore = {};
        ignore.sa_handler = SIG_IGN;
        sigaction(SIGPIPE, &ignore, &former);
    }
    ~IgnoredPipe() { sigaction(SIGPIPE, &former, nullptr); }
};

int32_t run(const std::string &target, const char *text, char *error, int64_t capacity) noexcept {
    IgnoredPipe ignored;
    const char *problem = nullptr;
    std::string message;
    try {
        Gnuplot gnuplot(target);
        gnuplot << text;
        gnuplot.flush();
        if (!gnuplot.good())
            problem = "the script could not be sent";
    } catch (const std::exception &exception) {
        message = exception.what();
        problem = message.c_str();
    } catch (...) {
        problem = "unknown C++ exception";
    }
    if (!problem)
        return 0;
    strncpy(error, problem, static_cast<size_t>(capacity) - 1);
    error[capacity - 1] = 0;
    return 1;
}

} // namespace

int32_t cgnuplot_write(const char *path, const char *text, char *error, int64_t capacity) {
    return run(std::string(">") + path, text, error, capacity);
}

int32_t cgnuplot_send(const char *command, const char *text, char *error, int64_t capacity) {
    return run(command, text, error, capacity);
}
