/// libhdf5 for Swift: the C API, and functions in place of the macros that Swift cannot import.
#ifndef LANDSCAPE_CHDF5_H
#define LANDSCAPE_CHDF5_H

// Later libraries map the unversioned names to newer signatures; ask for those of 1.10 everywhere.
#define H5_USE_110_API 1

#include <hdf5.h>
#include <H5DSpublic.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

// MARK: - Types

static inline hid_t chdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_native_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t chdf5_native_uint8(void) { return H5T_NATIVE_UINT8; }

static inline hid_t chdf5_file_double(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_file_int64(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_file_uint64(void) { return H5T_STD_U64LE; }
static inline hid_t chdf5_file_uint8(void) { return H5T_STD_U8LE; }

/// A new datatype: variable-length UTF-8 text. Negative on failure; the caller closes it.
static inline hid_t chdf5_create_text_type(void) {
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type < 0) return type;
    if (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

// MARK: - Property lists

static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_all(void) { return H5S_ALL; }

/// Tracks the creation order of links and attributes: netCDF-4 appends only to files that do.
static inline herr_t chdf5_track_order(hid_t properties, int links) {
    const unsigned flags = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    if (H5Pset_attr_creation_order(properties, flags) < 0) return -1;
    if (links && H5Pset_link_creation_order(properties, flags) < 0) return -1;
    return 0;
}

/// File access: formats no newer than HDF5 1.10. Numbers go straight to the file: what libhdf5 still holds back of a dataset when
/// it is closed could be lost, as nobody hears of errors there. The caller closes it.
static inline hid_t chdf5_create_file_access(void) {
    hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list >= 0 && (H5Pset_libver_bounds(list, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110) < 0 ||
                      H5Pset_sieve_buf_size(list, 0) < 0)) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/// The same for a file in memory alone, which is never written to a disk. The caller closes it.
static inline hid_t chdf5_create_memory_access(void) {
    hid_t list = chdf5_create_file_access();
    if (list >= 0 && H5Pset_fapl_core(list, 1 << 20, 0) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/// File creation: ordered links and attributes, and a first header block large enough for the attributes that the
/// root group gets first. That block lies in the first page of the file, so that overwriting one of them is one write
/// inside one page. The caller closes it.
static inline hid_t chdf5_create_file_creation(void) {
    hid_t list = H5Pcreate(H5P_FILE_CREATE);
    if (list < 0) return list;
    if (chdf5_track_order(list, 1) < 0 || H5Pset_est_link_info(list, 16, 16) < 0 ||
        H5Pset_attr_phase_change(list, 64, 32) < 0 || H5Pset_obj_track_times(list, 0) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/// File creation for files whose attributes are overwritten later: space is given out in pages of 4096 bytes, and nothing that
/// fits into a page reaches over the end of one. A write that is cut short between two pages of memory, by a signal or for lack
/// of space, leaves each object header old or new, never with a wrong checksum. The caller closes it.
static inline hid_t chdf5_create_paged_file_creation(void) {
    hid_t list = chdf5_create_file_creation();
    if (list >= 0 && (H5Pset_file_space_strategy(list, H5F_FSPACE_STRATEGY_PAGE, 0, 1) < 0 ||
                      H5Pset_file_space_page_size(list, 4096) < 0)) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/// Group creation: ordered links and attributes, attributes kept in the header. The caller closes it.
static inline hid_t chdf5_create_group_creation(void) {
    hid_t list = H5Pcreate(H5P_GROUP_CREATE);
    if (list < 0) return list;
    if (chdf5_track_order(list, 1) < 0 || H5Pset_attr_phase_change(list, 64, 32) < 0 ||
        H5Pset_obj_track_times(list, 0) < 0) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

/// Dataset creation: contiguous, its whole space taken and filled when it is created, so that later writes change no
/// structure of the file. `fill` (of `type`) may be NULL for zeros without a fill value that readers would mask.
/// The caller closes it.
static inline hid_t chdf5_create_dataset_creation(hid_t type, const void *fill) {
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (list < 0) return list;
    if (chdf5_track_order(list, 0) < 0 || H5Pset_layout(list, H5D_CONTIGUOUS) < 0 ||
        H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY) < 0 || H5Pset_fill_time(list, H5D_FILL_TIME_ALLOC) < 0 ||
        H5Pset_attr_phase_change(list, 64, 32) < 0 || H5Pset_obj_track_times(list, 0) < 0 ||
        (fill && H5Pset_fill_value(list, type, fill) < 0)) {
        H5Pclose(list);
        return -1;
    }
    return list;
}

// MARK: - Files

static inline hid_t chdf5_create_file(const char *path, hid_t creation, hid_t access) {
    return H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
}

static inline hid_t chdf5_open_file(const char *path, int writable, hid_t access) {
    return H5Fopen(path, writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access);
}

/// The POSIX descriptor behind an open file, or -1.
static inline int chdf5_descriptor(hid_t file, hid_t access) {
    void *handle = NULL;
    if (H5Fget_vfd_handle(file, access, &handle) < 0 || handle == NULL) return -1;
    return *(int *)handle;
}

// MARK: - Child processes

/// A copy of this process, for reading files that libhdf5 may not survive. 0 in the child, negative on failure.
///
/// The child dies with the thread that made it, of signals as if nobody had handled them, and of SIGXCPU after `seconds` of the processor: from its first
/// instruction on, since a lock that another thread held at that moment is held for ever.
static inline pid_t chdf5_fork(rlim_t seconds) {
    pid_t child = fork();
    if (child == 0) {
        static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT, SIGXCPU, SIGINT, SIGTERM};
        for (size_t index = 0; index < sizeof deadly / sizeof *deadly; ++index) signal(deadly[index], SIG_DFL);
        // Threads of Dispatch block most signals.
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        struct rlimit time = {seconds, seconds + 5}, core = {0, 0};
        setrlimit(RLIMIT_CPU, &time);
        setrlimit(RLIMIT_CORE, &core);
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    }
    return child;
}

/// A pipe of which no program that another thread starts meanwhile gets a copy. Negative on failure.
static inline int chdf5_pipe(int *ends) {
    extern int pipe2(int *, int);
    return pipe2(ends, O_CLOEXEC);
}

// MARK: - Dimension scales

typedef struct { char *text; size_t size; } chdf5_name_buffer;

static inline herr_t chdf5_take_scale_name(hid_t dataset, unsigned dimension, hid_t scale, void *context) {
    (void)dataset;
    (void)dimension;
    chdf5_name_buffer *buffer = (chdf5_name_buffer *)context;
    return H5Iget_name(scale, buffer->text, buffer->size) < 0 ? -1 : 1;
}

/// Absolute path of the first scale attached to a dimension: 1 found, 0 none, negative on failure.
static inline int chdf5_scale_path(hid_t dataset, unsigned dimension, char *text, size_t size) {
    chdf5_name_buffer buffer = {text, size};
    text[0] = '\0';
    int count = H5DSget_num_scales(dataset, dimension);
    if (count <= 0) return count;
    return H5DSiterate_scales(dataset, dimension, NULL, chdf5_take_scale_name, &buffer);
}

// MARK: - Errors

/// Stops libhdf5 from printing its error stack. Threads have a stack each, so every thread must call this.
static inline void chdf5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

typedef struct { char *text; size_t size, used; } chdf5_text_buffer;

static inline herr_t chdf5_append_error(unsigned depth, const H5E_error2_t *error, void *context) {
    chdf5_text_buffer *buffer = (chdf5_text_buffer *)context;
    const char *description = error->desc ? error->desc : "";
    (void)depth;
    if (description[0] == '\0' || buffer->used + 1 >= buffer->size) return 0;
    int written = snprintf(buffer->text + buffer->used, buffer->size - buffer->used, "%s%s",
                           buffer->used ? "; " : "", description);
    if (written > 0) {
        size_t left = buffer->size - buffer->used;
        buffer->used += (size_t)written < left ? (size_t)written : left - 1;
    }
    return 0;
}

/// Takes the calling thread's error stack as one line, the cause first, and clears the stack.
static inline void chdf5_take_error(char *text, size_t size) {
    chdf5_text_buffer buffer = {text, size, 0};
    text[0] = '\0';
    hid_t stack = H5Eget_current_stack();
    if (stack < 0) return;
    H5Ewalk2(stack, H5E_WALK_UPWARD, chdf5_append_error, &buffer);
    H5Eclose_stack(stack);
}

/// Closes one identifier of any kind and leaves the error stack of the last failed call as it was.
static inline void chdf5_release(hid_t id) {
    hid_t pending = H5Eget_num(H5E_DEFAULT) > 0 ? H5Eget_current_stack() : -1;
    H5Idec_ref(id);
    if (pending >= 0) H5Eset_current_stack(pending);
}

#endif
