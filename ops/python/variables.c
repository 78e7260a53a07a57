// SPDX-License-Identifier: Apache-2.0
#include "ops/python/variables.h"

#include <stdlib.h>
#include <string.h>

struct variable {
    const char *name;
    const char *value;
};

// What the host may decide for its jobs.
static const char *const kept_names[] = {"TZ", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS"};
#define KEPT (sizeof kept_names / sizeof kept_names[0])

// One thread per library: a fork keeps only the forking thread, and libgomp hangs in a child when its parent had more.
// pandas loads pyarrow where it is installed, whose allocator would begin a thread.
static const struct variable fixed[] = {
    {"PATH", "/usr/local/bin:/usr/bin:/bin"},
    {"LANG", "C.UTF-8"},
    {"OMP_NUM_THREADS", "1"},
    {"OPENBLAS_NUM_THREADS", "1"},
    {"MKL_NUM_THREADS", "1"},
    {"NUMEXPR_NUM_THREADS", "1"},
    {"JE_ARROW_MALLOC_CONF", "background_thread:false"},
    {"MPLBACKEND", "Agg"},
    {"PYTHONUNBUFFERED", "1"},
    {"PYTHONUTF8", "1"},
};
#define FIXED (sizeof fixed / sizeof fixed[0])

static int set_one(const char *name, const char *value, struct err *err) {
    if (setenv(name, value, 1) < 0)
        return err_sys(err, REASON_INFRA, "the variable %s", name);
    return 0;
}

// The texts stay where exec put them: clearenv() frees only the list.
int variables_set(struct err *err) {
    const char *kept[KEPT];
    for (size_t i = 0; i < KEPT; i++)
        kept[i] = getenv(kept_names[i]);
    clearenv();
    for (size_t i = 0; i < KEPT; i++)
        if (kept[i])
            TRY(set_one(kept_names[i], kept[i], err));
    for (size_t i = 0; i < FIXED; i++)
        TRY(set_one(fixed[i].name, fixed[i].value, err));
    return 0;
}

int variables_set_home(const struct jail *jail, struct err *err) {
    char home[4096];
    TRY(jail_home(jail, home, err));
    TRY(set_one("HOME", home, err));
    return set_one("TMPDIR", home, err);
}

int variables_set_preload(const char *path, struct err *err) { return set_one("LD_PRELOAD", path, err); }
