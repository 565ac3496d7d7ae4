// libhdf5 for Swift: its constants are macros that run code, so each becomes a function.

#ifndef CHDF5_SHIM_H
#define CHDF5_SHIM_H

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

static inline hid_t chdf5_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t chdf5_file_create_class(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_group_create_class(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_dataset_create_class(void) { return H5P_DATASET_CREATE; }
static inline unsigned chdf5_tracked_and_indexed(void) { return H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_read_write(void) { return H5F_ACC_RDWR; }

/// A variable-length UTF-8 string type; close it after use.
static inline hid_t chdf5_string_type(void) {
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static inline void chdf5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

static inline herr_t chdf5_append(unsigned n, const H5E_error2_t *error, void *text) {
    char *out = (char *)text;
    size_t used = strlen(out);
    if (error->desc && error->desc[0] && used < 900)
        snprintf(out + used, 1000 - used, "%s%s", used ? "; " : "", error->desc);
    return n > 2 ? 1 : 0;
}

/// The innermost messages of the error stack, in `text` of at least 1000 bytes.
static inline void chdf5_error(char *text) {
    text[0] = 0;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, chdf5_append, text);
    H5Eclear2(H5E_DEFAULT);
}

#endif
