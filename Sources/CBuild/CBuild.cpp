// git appends a line to its log of HEAD whenever another commit is checked out or made. The compiler reads the log here and
// lists it among the files this object depends on, so that this one file is compiled anew when the commit changes. Only the
// hash reaches the program: the log itself, which holds names, is used at compile time alone.

#include "CBuild.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

namespace {

#if __has_embed(CBUILD_GIT_LOG) == __STDC_EMBED_FOUND__
constexpr unsigned char log[] = {
#embed CBUILD_GIT_LOG
};
#else
constexpr unsigned char log[] = {0};
#endif

#if __has_embed(CBUILD_RESOLVED) == __STDC_EMBED_FOUND__
const char resolved[] = {
#embed CBUILD_RESOLVED suffix(, 0)
};
#else
const char resolved[] = {0};
#endif

struct Name {
    char text[65];
};

consteval bool isHexadecimal(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// The second word of the last line: the commit after the last change of HEAD.
consteval Name lastCommit() {
    Name name{"unknown"};
    int end = sizeof(log);
    while (end > 0 && log[end - 1] == '\n') end--;
    int start = end;
    while (start > 0 && log[start - 1] != '\n') start--;
    while (start < end && log[start] != ' ') start++;
    int length = 0;
    while (start + 1 + length < end && isHexadecimal(log[start + 1 + length])) length++;
    if (length != 40 && length != 64) return name;
    for (int i = 0; i < length; i++) name.text[i] = char(log[start + 1 + i]);
    name.text[length] = 0;
    return name;
}

constexpr Name commit = lastCommit();

} // namespace

const char *cbuild_commit(void) {
    return commit.text;
}

const char *cbuild_resolved_packages(void) {
    return resolved;
}
