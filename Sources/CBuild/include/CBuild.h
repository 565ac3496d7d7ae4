// What this build was made from.

#ifndef CBUILD_H
#define CBUILD_H

#ifdef __cplusplus
extern "C" {
#endif

/// The commit that was checked out when this was compiled, in hexadecimal; "unknown" without a git repository.
const char *cbuild_commit(void);

/// Package.resolved as it was when this was compiled; empty where there was none.
const char *cbuild_resolved_packages(void);

#ifdef __cplusplus
}
#endif

#endif
