// SPDX-License-Identifier: Apache-2.0
//
// quern-python [--no-collapse | --once | --lint | --standby=COUNT] [--grouped] [--work-base=DIRECTORY] NAME: the zygote of
// environment NAME. Descriptors: enum in host.h. It is started by the supervisor with jail_spawn(), says host_ready once, forks children until the supervisor is gone. --once: few of them
// are expected, and the first one soon. --grouped: each will be in a cgroup of its own.

#include <Python.h>

#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "ops/python/interpreter.h"
#include "ops/python/roots.h"
#include "ops/python/variables.h"
#include "ops/python/warm.h"
#include "ops/python/zygote.h"
#include "quern/environment.h"
#include "quern/host.h"
#include "quern/memory.h"
#include "quern/own.h"

struct host {
    const char *name;
    struct warm_options warm;
    uint32_t standby, standby_ms;
    bool grouped;
    const char *work_base; // no namespaces were made for this process; else NULL
    struct environment environment;
    struct jail *jail;
    struct warm_facts facts;
};

#ifdef __SANITIZE_ADDRESS__
// An interpreter that is never closed leaks all it has, and Python makes an exception of memory that is not given.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0:allocator_may_return_null=1"; }
#endif

static const char work_base[] = "--work-base=";

enum { STANDBY_MS = 600000 };

static int parse_arguments(int count, char **arguments, struct host *host, struct err *err) {
    host->warm = (struct warm_options){.rehearse = true, .collapse = true};
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "--no-collapse") == 0)
            host->warm.collapse = false;
        else if (strcmp(arguments[i], "--once") == 0)
            host->warm = (struct warm_options){.rehearse = false, .collapse = false};
        else if (strcmp(arguments[i], "--lint") == 0)
            host->warm = (struct warm_options){.bare = true};
        else if (strcmp(arguments[i], "--grouped") == 0)
            host->grouped = true;
        else if (sscanf(arguments[i], "--standby=%u,%u", &host->standby, &host->standby_ms) >= 1)
            continue;
        else if (strncmp(arguments[i], work_base, strlen(work_base)) == 0)
            host->work_base = arguments[i] + strlen(work_base);
        else if (!host->name)
            host->name = arguments[i];
        else
            return err_set(err, REASON_USAGE, "quern-python: expected one environment, found '%s'", arguments[i]);
    }
    if (!host->name)
        return err_set(err, REASON_USAGE, "quern-python: expected the name of an environment");
    return 0;
}

static int read_environment(struct host *host, struct err *err) {
    auto_fd int fd = HOST_FD_ENVIRONMENT;
    auto_free char *text = NULL;
    size_t bytes = 0;
    TRY(memory_read(fd, "the environment descriptor", ENVIRONMENT_MAX_BYTES, &text, &bytes, err));
    return environment_parse(host->name, text, &host->environment, err);
}

// Beside this program. What a script executes loads it (shared_memory.c).
static int shared_memory_path(char path[PATH_MAX], struct err *err) {
    static const char name[] = "/quern-shared-memory.so";
    ssize_t used = readlink("/proc/self/exe", path, PATH_MAX - sizeof name);
    char *slash = used < 0 ? NULL : memrchr(path, '/', (size_t)used);
    if (!slash)
        return err_sys(err, REASON_INFRA, "/proc/self/exe");
    memcpy(slash, name, sizeof name);
    return access(path, R_OK) == 0 ? 0 : err_sys(err, REASON_INFRA, "%s", path);
}

// The jail comes before the imports: what a library does while it is imported happens inside the zygote's own walls.
static int open_jail(struct host *host, struct err *err) {
    struct roots roots;
    char preload[PATH_MAX];
    TRY(roots_find(host->environment.python, &roots, err));
    const char *read_paths[ROOTS_MAX + 2] = {NULL};
    memcpy(read_paths, roots.paths, sizeof roots.paths);
    if (host->work_base) {
        TRY(shared_memory_path(preload, err));
        size_t count = 0;
        while (read_paths[count])
            count++;
        read_paths[count] = preload;
        TRY(variables_set_preload(preload, err));
    }
    struct jail_options options = {.network_open = host->environment.network_open,
                                   .grouped = host->grouped,
                                   .work_base = host->work_base,
                                   .read_paths = read_paths};
    TRY(jail_open(&options, &host->jail, err));
    return variables_set_home(host->jail, err);
}

// Each child costs its zygote a handful, and poll(2) takes no longer list than there may be open files.
static int raise_open_files(struct err *err) {
    enum { NEEDED = 512 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return err_sys(err, REASON_INFRA, "RLIMIT_NOFILE");
    if (limit.rlim_max < NEEDED)
        return err_set(err, REASON_CONFIG, "open files: expected a hard limit of %d or more, found %llu (ulimit -Hn)",
                       NEEDED, (unsigned long long)limit.rlim_max);
    if (limit.rlim_cur >= NEEDED)
        return 0;
    limit.rlim_cur = NEEDED;
    return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? err_sys(err, REASON_INFRA, "RLIMIT_NOFILE") : 0;
}

static int come_up(struct host *host, struct err *err) {
    TRY(jail_die_with_parent(err));
    TRY(raise_open_files(err));
    TRY(variables_set(err));
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return err_sys(err, REASON_INFRA, "ignoring SIGPIPE");
    TRY(read_environment(host, err));
    TRY(open_jail(host, err));
    TRY(interpreter_open(host->environment.python, err));
    return warm_open(&host->environment, &host->warm, &host->facts, err);
}

static int say_ready(const struct host *host, const struct err *cause, struct err *err) {
    struct host_ready ready = {.version = HOST_VERSION};
    ready.profile = host->facts.profile;
    ready.import_us = host->facts.import_us;
    memcpy(ready.python, host->facts.python, sizeof ready.python);
    memcpy(ready.pandas, host->facts.pandas, sizeof ready.pandas);
    if (cause)
        ready.err = *cause;
    else
        ready.facts = *jail_facts(host->jail);
    return record_send(HOST_FD_SUPERVISOR, &ready, sizeof ready, NULL, 0, err);
}

// What the children have in common with this process, and not for themselves, until they write to it.
static int anonymous_memory(uint64_t *ret_bytes, struct err *err) {
    unsigned long long kb = 0;
    char line[128];
    auto_file FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "RssAnon: %llu kB", &kb) == 1)
            break;
    *ret_bytes = kb * 1024;
    return kb ? 0 : err_set(err, REASON_INFRA, "/proc/self/status: expected a line RssAnon, found none");
}

// Whom no pid namespace takes along has to end its children itself, and then the end of the supervisor's socket is its own.
static int outlive_parent(struct err *err) {
    return prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) < 0 ? err_sys(err, REASON_INFRA, "PR_SET_PDEATHSIG") : 0;
}

static int serve(const struct host *host, struct err *err) {
    uint64_t inherited_bytes = 0;
    if (host->work_base)
        TRY(outlive_parent(err));
    TRY(anonymous_memory(&inherited_bytes, err));
    TRY(say_ready(host, NULL, err));
    const struct zygote_options options = {.jail = host->jail,
                                           .profile = host->facts.profile,
                                           .standby = host->standby,
                                           .standby_ms = host->standby_ms,
                                           .bare = host->warm.bare,
                                           .inherited_bytes = inherited_bytes,
                                           .requests = HOST_FD_REQUESTS,
                                           .supervisor = HOST_FD_SUPERVISOR};
    int done = zygote_run(&options, err);
    jail_leave(host->jail);
    return done;
}

static int fail(const struct err *err) {
    fprintf(stderr, "quern-python: %s\n", err->msg);
    return err_exit_code(err);
}

// Ends without Python's own ending: nothing is to be saved, and its order belongs to foreign modules.
int main(int count, char **arguments) {
    struct host host = {.standby_ms = STANDBY_MS};
    struct err err;
    if (parse_arguments(count, arguments, &host, &err) < 0)
        return fail(&err);
    if (come_up(&host, &err) < 0) {
        struct err unsaid;
        if (say_ready(&host, &err, &unsaid) < 0)
            fail(&unsaid);
        _exit(fail(&err));
    }
    _exit(serve(&host, &err) < 0 ? fail(&err) : 0);
}
