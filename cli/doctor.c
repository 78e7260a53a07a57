// SPDX-License-Identifier: Apache-2.0
// `quern doctor`: what this machine and its queue can do, and what would make it better.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/environments.h"
#include "cli/findings.h"
#include "cli/limits_told.h"
#include "cli/quantity.h"
#include "cli/tell.h"
#include "cli/verbs.h"
#include "cli/workers.h"
#include "quern/own.h"
#include "quern/prove.h"
#include "quern/queue_server.h"

enum { SKEW_MS = 2000, FULL_PERCENT = 80 };
static const uint64_t least_disk = 1u << 30, least_memory = 512u << 20;

static void good(struct findings *findings, const char *what, const char *text) {
    finding(findings, &(struct finding){.what = what}, "%s", text);
}

static void fault(struct findings *findings, const char *what, const struct err *err, const char *remedy) {
    finding(
        findings,
        &(struct finding){.level = FINDING_FAULT, .reason = (enum reason)err->reason, .what = what, .remedy = remedy},
        "%s", err->msg);
}

static void warning(struct findings *findings, const char *what, const char *text, const char *remedy) {
    finding(findings, &(struct finding){.level = FINDING_WARNING, .what = what, .remedy = remedy}, "%s", text);
}

/* ---- Redis ---- */

static void look_memory_of_redis(struct findings *findings, const struct server *server) {
    char used[QUANTITY_BYTES], most[QUANTITY_BYTES];
    quantity_show_bytes(server->used_bytes, used);
    quantity_show_bytes(server->max_bytes, most);
    if (!server->max_bytes)
        finding(findings, &(struct finding){.what = "redis"}, "%s of memory used, no bound but the machine's", used);
    else if (server->full)
        warning(findings, "redis", "full: submissions are refused",
                "raise maxmemory, or let the queue remember less: quern queue limit");
    else if (server->used_bytes / FULL_PERCENT < server->max_bytes / 100)
        finding(findings, &(struct finding){.what = "redis"}, "%s of %s used", used, most);
    else
        finding(findings,
                &(struct finding){.level = FINDING_WARNING,
                                  .what = "redis",
                                  .remedy = "raise maxmemory, or let the queue remember less: quern queue limit"},
                "%s of %s used: when it is full, submissions are refused", used, most);
}

static void look_clock(struct findings *findings, const struct server *server) {
    uint64_t now = tell_now_unix_ms(), theirs = server->now_unix_ms;
    uint64_t skew = now > theirs ? now - theirs : theirs - now;
    char text[QUANTITY_BYTES];
    quantity_show_duration(skew * 1000, text);
    if (!theirs)
        good(findings, "clock", "this Redis does not tell its time; jobs go by it alone");
    else if (skew <= SKEW_MS)
        finding(findings, &(struct finding){.what = "clock"}, "as that of Redis, within %d s", SKEW_MS / 1000);
    else
        finding(findings,
                &(struct finding){.level = FINDING_WARNING, .what = "clock", .remedy = "timedatectl set-ntp true"},
                "%s away from that of Redis: ages of jobs are shown wrong, their order is right", text);
}

static void look_redis(struct findings *findings, const struct client *client) {
    struct server server;
    struct err err;
    struct refusal refusal = {.advice_count = 0};
    if (queue_server(client->queue, &server, &err) < 0) {
        char start[CLIENT_URL_BYTES + 32];
        snprintf(start, sizeof start, "start it, or correct %s", client->source);
        client_blame(client, &err, &refusal);
        fault(findings, "redis", &err,
              err.reason == REASON_UNREACHABLE ? start
              : refusal.advice_count           ? refusal.advice[0]
                                               : NULL);
        return;
    }
    finding(findings, &(struct finding){.what = "redis"}, "version %s, %s", server.version, server.eviction);
    if (server_check(&server, "jobs", &err) < 0)
        fault(findings, "redis", &err,
              server.replica || server.refusal.reason
                  ? NULL
                  : "in redis.conf, or CONFIG SET maxmemory-policy noeviction; Redis >= 6.2");
    if (queue_durability_check(&server, client->durability, &err) < 0)
        fault(findings, "redis", &err, "or QUERN_DURABILITY=normal here");
    if (server.append_only)
        good(findings, "redis", "append-only: what it answered survives a restart");
    else
        warning(findings, "redis", "not append-only: a restart forgets what came after the last snapshot",
                "appendonly yes and appendfsync always in redis.conf");
    look_memory_of_redis(findings, &server);
    look_clock(findings, &server);
}

/* ---- the key that signs jobs ---- */

// Whoever may change the file decides whose jobs are run.
static void look_key_file(struct findings *findings, const char *file) {
    struct stat status;
    if (stat(file, &status) < 0)
        return; // has been told
    if (status.st_uid != 0 && status.st_uid != geteuid())
        finding(findings,
                &(struct finding){.level = FINDING_WARNING, .what = "key", .remedy = "chown it to who submits"},
                "key file %s belongs to the user %u, who may change it", file, (unsigned)status.st_uid);
    else if (status.st_mode & (S_IRGRP | S_IWGRP))
        finding(findings, &(struct finding){.level = FINDING_WARNING, .what = "key", .remedy = "chmod 600"},
                "key file %s: its group may read or write it", file);
    else
        finding(findings, &(struct finding){.what = "key"}, "jobs are signed with the first key of %s", file);
}

static void look_key(struct findings *findings, const struct client *client) {
    struct err err;
    if (!*client->key_file)
        return;
    if (queue_keys_check(client->queue, &err) < 0)
        fault(findings, "key", &err, "openssl rand -hex 32 > FILE && chmod 600 FILE; hosts need the same one");
    else
        look_key_file(findings, client->key_file);
}

/* ---- the queue ---- */

static void look_disk(struct findings *findings, const char *what, const char *path) {
    struct statvfs status;
    char text[QUANTITY_BYTES];
    if (statvfs(path, &status) < 0)
        return; // what is not made yet has no room that could be told
    uint64_t bytes = (uint64_t)status.f_bavail * status.f_frsize;
    bool enough = bytes >= least_disk;
    finding(findings,
            &(struct finding){.level = enough ? FINDING_GOOD : FINDING_WARNING,
                              .what = what,
                              .remedy = enough ? NULL : "make room, or name another directory"},
            "%s free at %s", quantity_show_bytes(bytes, text), path);
}

static void look_store(struct findings *findings, struct client *client) {
    struct storage_usage usage;
    struct refusal refusal = {.advice_count = 0};
    struct err err;
    char used[QUANTITY_BYTES];
    if (client_store(client, &refusal) < 0) {
        fault(findings, "store", &refusal.err, refusal.advice_count ? refusal.advice[0] : NULL);
        return;
    }
    if (storage_check(client->store.storage, &err) < 0 || storage_usage(client->store.storage, &usage, &err) < 0) {
        fault(findings, "store", &err,
              err.reason == REASON_UNREACHABLE ? "start it, or name another one: quern queue home --store URL" : NULL);
        return;
    }
    char budget[QUANTITY_BYTES] = "";
    bool full = usage.budget_bytes && usage.used_bytes > usage.budget_bytes / 10 * 9;
    finding(findings,
            &(struct finding){.level = full ? FINDING_WARNING : FINDING_GOOD,
                              .what = "store",
                              .remedy = full ? "quern dataset collect, or quern dataset budget SIZE" : NULL},
            "%s, %s%s%s used", client->home.store, quantity_show_bytes(usage.used_bytes, used),
            usage.budget_bytes ? " of " : "",
            usage.budget_bytes ? quantity_show_bytes(usage.budget_bytes, budget) : "");
    if (strncmp(client->home.store, "file:", 5) == 0)
        look_disk(findings, "disk", client->home.store + 5);
}

static void look_workers(struct findings *findings, const struct client *client) {
    struct workers workers;
    struct refusal refusal;
    const struct queue_worker *best;
    char why[QUEUE_INFO_BYTES];
    size_t ready = 0;
    if (workers_read(client, &workers, &refusal) < 0) {
        fault(findings, "workers", &refusal.err, NULL);
    } else {
        for (size_t i = 0; i < workers.count; i++)
            ready += workers_state(&workers.list[i]) == WORKERS_READY;
        best = workers_best(&workers);
        if (ready)
            finding(findings, &(struct finding){.what = "workers"}, "%zu at the queue '%s'", ready, client->name);
        else if (best && *workers_said(best, "why", why))
            warning(findings, "workers", why,
                    "quern queue home shows what the queue wants, quernd.ini what a host has");
        else if (best)
            warning(findings, "workers", "all of them drain: jobs wait",
                    "quern worker drain WORKER --undo, or start quernd");
        else
            warning(findings, "workers", "nobody works for the queue: jobs wait", "quern up --detach, or start quernd");
    }
    workers_free(&workers);
}

static void look_queue(const struct command_line *line, struct findings *findings) {
    struct refusal refusal = {.advice_count = 0};
    struct client client;
    if (!client_is_configured(line)) {
        finding(findings,
                &(struct finding){.what = "queue", .remedy = "quern up --detach starts one, for quern submit"},
                "none: `quern run` needs none");
        return;
    }
    if (client_open(line, &client, &refusal) < 0) {
        fault(findings, "queue", &refusal.err, refusal.advice_count ? refusal.advice[0] : NULL);
        return;
    }
    finding(findings, &(struct finding){.what = "queue"}, "'%s' at %s (%s)", client.name, client.url, client.source);
    look_key(findings, &client);
    look_redis(findings, &client);
    if (findings->code == 0) {
        look_store(findings, &client);
        look_workers(findings, &client);
    }
    client_close(&client);
}

/* ---- the machine ---- */

static const struct {
    size_t fact;
    const char *lacks, *remedy;
    bool needs_user_ns;
} jail_facts_wanted[] = {
    {offsetof(struct jail_facts, user_ns), "no user namespaces: scripts see the machine's processes and names of files",
     "sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, "
     "user.max_user_namespaces",
     false},
    {offsetof(struct jail_facts, mount_ns), "no mount namespaces", "in a container: --security-opt seccomp=unconfined",
     true},
    {offsetof(struct jail_facts, pid_ns), "no pid namespaces", "in a container: --security-opt seccomp=unconfined",
     true},
    {offsetof(struct jail_facts, own_uid), "jobs share one user", "run quernd as root, which gives its rights away",
     false},
    {offsetof(struct jail_facts, landlock_abi),
     "no Landlock: scripts can read what their uid can, and before Linux 5.12 write it",
     "a kernel >= 5.13 with lsm=landlock,...", false},
    {offsetof(struct jail_facts, seccomp), "no seccomp: scripts can make all system calls",
     "a kernel with CONFIG_SECCOMP_FILTER", false},
};

static const char *const bounds[] = {[JAIL_BOUND_RLIMIT] = "rlimits of single processes",
                                     [JAIL_BOUND_POLLED] = "looking at all processes of a job (polled)",
                                     [JAIL_BOUND_CGROUP] = "a cgroup"};

// As quernd says it in its log.
static void look_cgroup(struct findings *findings, const struct jail_facts *facts) {
    struct err why;
    if (facts->bound != JAIL_BOUND_CGROUP && !prove_cgroups(&why))
        finding(
            findings,
            &(struct finding){.what = "jail", .remedy = "cgroups of version 2, under systemd Delegate=cpu memory pids"},
            "no cgroup for jobs: %s", why.msg);
}

static void look_jail(struct findings *findings, const struct jail_facts *facts) {
    bool full = facts->level == JAIL_FULL;
    finding(findings, &(struct finding){.level = full ? FINDING_GOOD : FINDING_WARNING, .what = "jail"},
            "%s; memory is bounded by %s", jail_level_name((enum jail_level)facts->level), bounds[facts->bound % 3]);
    look_cgroup(findings, facts);
    for (size_t i = 0; i < sizeof jail_facts_wanted / sizeof *jail_facts_wanted && !full; i++) {
        uint32_t fact;
        memcpy(&fact, (const char *)facts + jail_facts_wanted[i].fact, sizeof fact);
        // Without user namespaces there are none of the others, for the same reason.
        bool told = !facts->user_ns && jail_facts_wanted[i].needs_user_ns;
        if (!fact && !told)
            warning(findings, "jail", jail_facts_wanted[i].lacks, jail_facts_wanted[i].remedy);
    }
    if (!facts->user_ns && facts->landlock_abi == 1)
        warning(findings, "jail", "Landlock is old: what an environment imports can write wherever quern can",
                "a kernel >= 5.19");
}

static void look_python(struct findings *findings) {
    struct environment environment;
    struct refusal refusal;
    struct host_ready ready;
    struct err err;
    if (environments_find("default", &environment, &refusal) < 0) {
        fault(findings, "python", &refusal.err, NULL);
        return;
    }
    if (environment_prove(&environment, &ready, &err) < 0) {
        fault(findings, "python", &err, "apt-get install python3-numpy python3-pandas, or see: quern env show default");
        return;
    }
    finding(findings, &(struct finding){.what = "python"}, "%s with pandas %s, up in %.2f s", ready.python,
            ready.pandas, (double)ready.import_us / 1e6);
    look_jail(findings, &ready.facts);
}

static int look_network(void *context, const struct environments_entry *entry) {
    if (!*entry->fault && entry->environment.network_open)
        finding(context,
                &(struct finding){.level = FINDING_WARNING,
                                  .what = "network",
                                  .remedy = "where no job needs it: network = denied in its file"},
                "jobs of the environment '%s' reach whatever this machine reaches", entry->environment.name);
    return 0;
}

static int look_limits(void *context, const struct environments_entry *entry) {
    char text[LIMITS_TOLD_BYTES];
    if (!*entry->fault && limits_told_brief(&entry->environment, text))
        finding(context, &(struct finding){.what = "limits"}, "jobs of the environment '%s' have, unless they ask: %s",
                entry->environment.name, text);
    return 0;
}

static uint64_t available_memory(void) {
    auto_file FILE *file = fopen("/proc/meminfo", "re");
    char line[128];
    unsigned long long kb = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "MemAvailable: %llu kB", &kb) == 1)
            break;
    return (uint64_t)kb << 10;
}

static void look_memory(struct findings *findings) {
    char text[QUANTITY_BYTES];
    uint64_t bytes = available_memory();
    bool enough = bytes >= least_memory;
    finding(findings,
            &(struct finding){.level = enough ? FINDING_GOOD : FINDING_WARNING,
                              .what = "memory",
                              .remedy = enough ? NULL : "fewer workers, smaller --memory of jobs"},
            "%s available", quantity_show_bytes(bytes, text));
}

int verb_doctor(const struct command_line *line) {
    struct findings findings;
    findings_begin(&findings, command_given(line, "--json") != NULL);
    look_python(&findings);
    environments_each(look_network, &findings);
    environments_each(look_limits, &findings);
    look_memory(&findings);
    look_disk(&findings, "disk", "/tmp");
    look_queue(line, &findings);
    return findings_end(&findings);
}
