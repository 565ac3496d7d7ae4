// A library to preload before a program under test: it counts the calls that change files below one folder, and makes
// the k-th of them fail, or ends the process there. It also moves the clock, and changes an input while it is read.
//
// FAULT_FOLDER   only files below this folder count (an absolute path without symbolic links)
// FAULT_COUNTER  a file that holds the counters, shared by all processes of a run
// FAULT_AT       k, from 1; 0 counts only
// FAULT_KIND     eio, enospc, short, full (a short write, then no space), eintr, kill, torn (half of the write, then SIGKILL)
// FAULT_LASTING  1: every call from the k-th on fails
// FAULT_LOG      a file that gets a line for every counted call
// FAULT_CLOCK    "n seconds": from the n-th reading on, the wall clock is off by so much; "0 seconds": every second reading is
// FAULT_INPUT    a file; its k-th access (FAULT_AT) does FAULT_KIND: truncate, empty, replace (by PATH.other) or remove it
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))

typedef struct { atomic_long writes, reads, clocks; } counters;

static const char *folder, *kind, *input;
static size_t folder_length;
static long at;
static int lasting, log_descriptor = -1;
static long clock_from = -1, clock_offset;
static counters private_counters, *count = &private_counters;

static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static int opened(const char *path, int flags) { return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644); }

__attribute__((constructor)) static void begin(void) {
    folder = getenv("FAULT_FOLDER");
    folder_length = folder ? strlen(folder) : 0;
    kind = getenv("FAULT_KIND");
    input = getenv("FAULT_INPUT");
    const char *text = getenv("FAULT_AT");
    at = text ? atol(text) : 0;
    text = getenv("FAULT_LASTING");
    lasting = text && *text == '1';
    text = getenv("FAULT_COUNTER");
    int descriptor = text ? opened(text, O_RDWR | O_CREAT | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        if (syscall(SYS_ftruncate, descriptor, (off_t)sizeof(counters)) == 0) {
            void *shared = mmap(NULL, sizeof(counters), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
            if (shared != MAP_FAILED) count = shared;
        }
        syscall(SYS_close, descriptor);
    }
    text = getenv("FAULT_LOG");
    if (text) log_descriptor = opened(text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC);
    text = getenv("FAULT_CLOCK");
    if (text) sscanf(text, "%ld %ld", &clock_from, &clock_offset);
}

// MARK: - Which calls count

static int is_below(const char *path) {
    return folder && strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || !path[folder_length]);
}

/// The path behind a descriptor, or an empty one.
static const char *path_of(int descriptor, char *buffer) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    long length = syscall(SYS_readlink, link, buffer, PATH_MAX - 1);
    buffer[length > 0 ? length : 0] = 0;
    return buffer;
}

/// The absolute form of a path given to a call.
static const char *absolute(int at_folder, const char *path, char *buffer) {
    if (!path) return "";
    if (path[0] == '/') return path;
    char start[PATH_MAX];
    if (at_folder == AT_FDCWD) {
        if (syscall(SYS_getcwd, start, sizeof start) < 0) return "";
    } else {
        path_of(at_folder, start);
    }
    while (path[0] == '.' && path[1] == '/') path += 2;
    snprintf(buffer, PATH_MAX, "%s/%s", start, path);
    return buffer;
}

enum fate { GO, FAIL, SHORTEN, TEAR };

/// Counts a call on a file below the folder and says what is to become of it; with FAIL, errno is set.
static enum fate meet_at(const char *call, const char *path, long bytes, long offset) {
    if (input || !is_below(path)) return GO;
    int saved = errno;
    long number = atomic_fetch_add(&count->writes, 1) + 1;
    if (log_descriptor >= 0) {
        char line[PATH_MAX + 100];
        int length = snprintf(line, sizeof line, "%ld %s %s %ld", number, call, path + folder_length, bytes);
        length += snprintf(line + length, sizeof line - (size_t)length, offset < 0 ? "\n" : " at %ld\n", offset);
        syscall(SYS_write, log_descriptor, line, (size_t)length);
    }
    errno = saved;
    if (!at || !kind || (lasting ? number < at : number != at)) return GO;
    if (!strcmp(kind, "kill")) kill(getpid(), SIGKILL);
    if (!strcmp(kind, "torn")) {
        if (bytes > 1) return TEAR;
        kill(getpid(), SIGKILL);
    }
    if (!strcmp(kind, "short")) return bytes > 1 ? SHORTEN : GO;
    if (!strcmp(kind, "eintr")) {
        // Of the calls here only these may be interrupted.
        if (bytes <= 0) return GO;
        errno = EINTR;
        return FAIL;
    }
    if (!strcmp(kind, "full") && number == at && bytes > 1) return SHORTEN;
    errno = !strcmp(kind, "eio") ? EIO : ENOSPC;
    return FAIL;
}

static enum fate meet(const char *call, const char *path, long bytes) { return meet_at(call, path, bytes, -1); }

static enum fate meet_open_at(const char *call, int descriptor, long bytes, long offset) {
    if (!folder || input) return GO;
    char buffer[PATH_MAX];
    int saved = errno;
    path_of(descriptor, buffer);
    errno = saved;
    return meet_at(call, buffer, bytes, offset);
}

static enum fate meet_open(const char *call, int descriptor, long bytes) {
    return meet_open_at(call, descriptor, bytes, -1);
}

/// What the kernel does with a write that a signal ends: it stops between two pages.
static size_t torn(size_t size, off_t offset) {
    size_t page = 4096, first = page - (size_t)offset % page;
    return first < size ? first : size > page ? size / 2 / page * page : 0;
}

// MARK: - Writing

ssize_t write(int descriptor, const void *bytes, size_t size) {
    switch (meet_open("write", descriptor, (long)size)) {
    case FAIL: return -1;
    case SHORTEN: size /= 2; break;
    case TEAR:
        syscall(SYS_write, descriptor, bytes, torn(size, syscall(SYS_lseek, descriptor, 0, SEEK_CUR)));
        kill(getpid(), SIGKILL);
    case GO: break;
    }
    return REAL(write)(descriptor, bytes, size);
}

/// How much of a write goes through when it is cut short; 0 with errno where nothing does. What lies in the file already has its
/// room, but for file systems that copy on write: there it runs out between two pages.
static size_t shortened(int descriptor, size_t size, off_t offset) {
    struct stat information;
    if (strcmp(kind, "full") != 0 || fstat(descriptor, &information) != 0 || offset >= information.st_size) return size / 2;
    errno = ENOSPC;
    return torn(size, offset);
}

static ssize_t positioned(int descriptor, const void *bytes, size_t size, off_t offset) {
    switch (meet_open_at("pwrite", descriptor, (long)size, (long)offset)) {
    case FAIL: return -1;
    case SHORTEN:
        if ((size = shortened(descriptor, size, offset)) == 0) return -1;
        break;
    case TEAR:
        syscall(SYS_pwrite64, descriptor, bytes, torn(size, offset), offset);
        kill(getpid(), SIGKILL);
    case GO: break;
    }
    return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    return positioned(descriptor, bytes, size, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    return positioned(descriptor, bytes, size, offset);
}

ssize_t writev(int descriptor, const struct iovec *parts, int number) {
    long size = 0;
    for (int i = 0; i < number; i++) size += (long)parts[i].iov_len;
    switch (meet_open("writev", descriptor, size)) {
    case FAIL: return -1;
    case SHORTEN: return REAL(write)(descriptor, parts[0].iov_base, parts[0].iov_len);
    case TEAR: kill(getpid(), SIGKILL);
    case GO: break;
    }
    return REAL(writev)(descriptor, parts, number);
}

#define DESCRIPTOR_CALL(name, parameters, arguments)                                                                    \
    int name parameters {                                                                                               \
        if (meet_open(#name, descriptor, 0) == FAIL) return -1;                                                         \
        return REAL(name) arguments;                                                                                    \
    }
DESCRIPTOR_CALL(fsync, (int descriptor), (descriptor))
DESCRIPTOR_CALL(fdatasync, (int descriptor), (descriptor))
DESCRIPTOR_CALL(ftruncate, (int descriptor, off_t length), (descriptor, length))
DESCRIPTOR_CALL(ftruncate64, (int descriptor, off64_t length), (descriptor, length))

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    if (meet_open("posix_fallocate", descriptor, 0) == FAIL) return errno;
    return REAL(posix_fallocate)(descriptor, offset, length);
}

/// The kernel may report a lost write here; the descriptor is closed all the same.
int close(int descriptor) {
    char link[PATH_MAX];
    if (folder && !input) {
        int saved = errno, flags = fcntl(descriptor, F_GETFL);
        errno = saved;
        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && is_below(path_of(descriptor, link)) &&
            meet("close", link, 0) == FAIL) {
            int failure = errno;
            REAL(close)(descriptor);
            errno = failure;
            return -1;
        }
    }
    return REAL(close)(descriptor);
}

// MARK: - Names

static int may_open(int at_folder, const char *path, int flags) {
    char buffer[PATH_MAX];
    if (!(flags & (O_CREAT | O_TRUNC)) || !folder) return 1;
    return meet("open", absolute(at_folder, path, buffer), 0) != FAIL;
}

static void reach(const char *path);

static int open_at(int at_folder, const char *path, int flags, mode_t mode) {
    if (!may_open(at_folder, path, flags)) return -1;
    char buffer[PATH_MAX];
    if (input) reach(absolute(at_folder, path, buffer));
    return (int)syscall(SYS_openat, at_folder, path, flags, mode);
}

#define MODE(flags, last)                                                                                               \
    mode_t mode = 0;                                                                                                    \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                            \
        va_list list;                                                                                                   \
        va_start(list, last);                                                                                           \
        mode = va_arg(list, mode_t);                                                                                    \
        va_end(list);                                                                                                   \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, flags)
    return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE(flags, flags)
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int at_folder, const char *path, int flags, ...) {
    MODE(flags, flags)
    return open_at(at_folder, path, flags, mode);
}
int openat64(int at_folder, const char *path, int flags, ...) {
    MODE(flags, flags)
    return open_at(at_folder, path, flags, mode);
}
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int mkstemp(char *name) {
    char buffer[PATH_MAX];
    if (meet("mkstemp", absolute(AT_FDCWD, name, buffer), 0) == FAIL) return -1;
    return REAL(mkstemp)(name);
}

static int moved(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    char buffer[PATH_MAX];
    if (meet("rename", absolute(to_folder, to, buffer), 0) == FAIL) return -1;
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}
int rename(const char *from, const char *to) { return moved(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return moved(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    return moved(from_folder, from, to_folder, to, flags);
}
int link(const char *from, const char *to) {
    char buffer[PATH_MAX];
    if (meet("link", absolute(AT_FDCWD, to, buffer), 0) == FAIL) return -1;
    return REAL(link)(from, to);
}
int unlink(const char *path) {
    char buffer[PATH_MAX];
    if (meet("unlink", absolute(AT_FDCWD, path, buffer), 0) == FAIL) return -1;
    return REAL(unlink)(path);
}
int remove(const char *path) {
    char buffer[PATH_MAX];
    if (meet("remove", absolute(AT_FDCWD, path, buffer), 0) == FAIL) return -1;
    return REAL(remove)(path);
}
int unlinkat(int at_folder, const char *path, int flags) {
    char buffer[PATH_MAX];
    if (meet("unlinkat", absolute(at_folder, path, buffer), 0) == FAIL) return -1;
    return REAL(unlinkat)(at_folder, path, flags);
}
int mkdir(const char *path, mode_t mode) {
    char buffer[PATH_MAX];
    if (meet("mkdir", absolute(AT_FDCWD, path, buffer), 0) == FAIL) return -1;
    return REAL(mkdir)(path, mode);
}

// MARK: - Streams of C, whose own writes cannot be met

typedef struct stream {
    int descriptor;
    FILE *file;
    struct stream *next;
} stream;

static stream *streams;
static pthread_mutex_t streams_lock = PTHREAD_MUTEX_INITIALIZER;

/// Such a stream has a descriptor for whoever wants to write past it, as gnuplot-iostream does.
int fileno(FILE *file) {
    int descriptor = -1;
    pthread_mutex_lock(&streams_lock);
    for (stream *each = streams; each; each = each->next)
        if (each->file == file) descriptor = each->descriptor;
    pthread_mutex_unlock(&streams_lock);
    return descriptor >= 0 ? descriptor : REAL(fileno)(file);
}

static ssize_t stream_write(void *cookie, const char *bytes, size_t size) {
    // 0 is how such a stream says that it failed.
    ssize_t done = write(((stream *)cookie)->descriptor, bytes, size);
    return done < 0 ? 0 : done;
}
static ssize_t stream_read(void *cookie, char *bytes, size_t size) {
    return syscall(SYS_read, ((stream *)cookie)->descriptor, bytes, size);
}
static int stream_seek(void *cookie, off64_t *offset, int whence) {
    off_t reached = syscall(SYS_lseek, ((stream *)cookie)->descriptor, *offset, whence);
    if (reached < 0) return -1;
    *offset = reached;
    return 0;
}
static int stream_close(void *cookie) {
    int status = close(((stream *)cookie)->descriptor);
    pthread_mutex_lock(&streams_lock);
    stream **link = &streams;
    while (*link && *link != cookie) link = &(*link)->next;
    if (*link) *link = (*link)->next;
    pthread_mutex_unlock(&streams_lock);
    free(cookie);
    return status;
}

static FILE *stream_open(const char *path, const char *mode, const char *name) {
    char buffer[PATH_MAX];
    if (!folder || input || mode[0] == 'r' || !is_below(absolute(AT_FDCWD, path, buffer)))
        return ((FILE * (*)(const char *, const char *)) real(name))(path, mode);
    int flags = strchr(mode, '+') ? O_RDWR : O_WRONLY;
    int descriptor = open(path, flags | O_CREAT | (mode[0] == 'w' ? O_TRUNC : O_APPEND), 0666);
    if (descriptor < 0) return NULL;
    stream *cookie = malloc(sizeof(stream));
    cookie->descriptor = descriptor;
    cookie_io_functions_t calls = {stream_read, stream_write, stream_seek, stream_close};
    cookie->file = fopencookie(cookie, mode, calls);
    pthread_mutex_lock(&streams_lock);
    cookie->next = streams;
    streams = cookie;
    pthread_mutex_unlock(&streams_lock);
    return cookie->file;
}
FILE *fopen(const char *path, const char *mode) { return stream_open(path, mode, "fopen"); }
FILE *fopen64(const char *path, const char *mode) { return stream_open(path, mode, "fopen64"); }

// MARK: - An input that changes

/// Counts an access to the input; the k-th one changes it first.
static void reach(const char *path) {
    if (!input || strcmp(path, input) != 0 || atomic_fetch_add(&count->reads, 1) + 1 != at || !kind) return;
    int saved = errno;
    struct stat information;
    char other[PATH_MAX];
    if (!strcmp(kind, "truncate") && stat(input, &information) == 0) {
        syscall(SYS_truncate, input, information.st_size / 2);
    } else if (!strcmp(kind, "empty")) {
        syscall(SYS_truncate, input, (off_t)0);
    } else if (!strcmp(kind, "replace")) {
        snprintf(other, sizeof other, "%s.other", input);
        syscall(SYS_renameat2, AT_FDCWD, other, AT_FDCWD, input, 0);
    } else if (!strcmp(kind, "remove")) {
        syscall(SYS_unlinkat, AT_FDCWD, input, 0);
    } else if (!strcmp(kind, "rewrite")) {
        // Other bytes of the same length into the same file.
        snprintf(other, sizeof other, "%s.other", input);
        int from = opened(other, O_RDONLY), to = opened(input, O_WRONLY);
        char bytes[65536];
        long length;
        while ((length = syscall(SYS_read, from, bytes, sizeof bytes)) > 0)
            syscall(SYS_write, to, bytes, (size_t)length);
        syscall(SYS_close, from);
        syscall(SYS_close, to);
    }
    errno = saved;
}

static void reach_open(int descriptor) {
    if (!input) return;
    char buffer[PATH_MAX];
    reach(path_of(descriptor, buffer));
}

ssize_t read(int descriptor, void *bytes, size_t size) {
    reach_open(descriptor);
    return REAL(read)(descriptor, bytes, size);
}
ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset) {
    reach_open(descriptor);
    return syscall(SYS_pread64, descriptor, bytes, size, offset);
}
ssize_t pread64(int descriptor, void *bytes, size_t size, off64_t offset) {
    reach_open(descriptor);
    return syscall(SYS_pread64, descriptor, bytes, size, offset);
}

// MARK: - The clock

static long offset_of_clock(void) {
    if (clock_from < 0) return 0;
    long number = atomic_fetch_add(&count->clocks, 1) + 1;
    if (clock_from == 0) return number % 2 ? 0 : clock_offset;
    return number < clock_from ? 0 : clock_offset;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    int status = (int)syscall(SYS_clock_gettime, which, now);
    if (status == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) now->tv_sec += offset_of_clock();
    return status;
}
int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *result) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
