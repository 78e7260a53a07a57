// SPDX-License-Identifier: Apache-2.0
#include "quernd_config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/quantity.h"
#include "quern/inifile.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { HOUR_MS = 3600000, COLLECT_LEAST_MS = 1000, KEEP_LEAST_MS = HOUR_MS, RENEW_LEAST_MS = 60000 };

struct parse {
    struct quernd_config *config;
    uint64_t seen; // bit per option
};

struct option;
typedef int take_fn(struct inifile *file, struct parse *parse, const struct option *option, const char *value);

struct option {
    const char *section, *key;
    take_fn *take;
    size_t offset;            // of a text, in struct quernd_config
    size_t bytes;             // of a text
    const char *const *words; // NULL-terminated, in the order of an enum
};

static int take_text(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    if (!*value || strlen(value) >= option->bytes)
        return inifile_refuse(file, "%s: expected 1 to %zu bytes, found %zu", option->key, option->bytes - 1,
                              strlen(value));
    memcpy((char *)parse->config + option->offset, value, strlen(value) + 1);
    return 1;
}

// Below the directory that systemd gives credentials in, or absolute.
static int take_file(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    const char *credentials = getenv("CREDENTIALS_DIRECTORY");
    char *text = (char *)parse->config + option->offset;
    int used;
    if (value[0] == '/')
        used = snprintf(text, option->bytes, "%s", value);
    else if (credentials && *value)
        used = snprintf(text, option->bytes, "%s/%s", credentials, value);
    else
        return inifile_refuse(file,
                              "%s: expected an absolute path, or the name of a credential when systemd gives some, "
                              "found \"%s\"",
                              option->key, value);
    if (used < 0 || (size_t)used >= option->bytes)
        return inifile_refuse(file, "%s: expected a shorter path", option->key);
    return 1;
}

static int take_word(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    char all[128] = "";
    for (uint32_t i = 0; option->words[i]; i++) {
        if (strcmp(option->words[i], value) == 0) {
            memcpy((char *)parse->config + option->offset, &i, sizeof i);
            return 1;
        }
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", option->words[i]);
    }
    return inifile_refuse(file, "%s: expected one of %s, found \"%s\"", option->key, all, value);
}

static int take_lease(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    uint64_t ms;
    char better[QUANTITY_BYTES];
    if (quantity_duration(value, &ms, better) < 0 || ms < QUEUE_MIN_LEASE_MS || ms > QUEUE_MAX_LEASE_MS)
        return inifile_refuse(file, "%s: expected 1s to 10m, found \"%s\"", option->key, value);
    parse->config->settings.lease_ms = (uint32_t)ms;
    return 1;
}

static int take_collect(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    uint64_t ms = 0;
    char better[QUANTITY_BYTES];
    if (strcmp(value, "never") != 0 && (quantity_duration(value, &ms, better) < 0 || ms < COLLECT_LEAST_MS))
        return inifile_refuse(file, "%s: expected 1s or more, or never, found \"%s\"", option->key, value);
    parse->config->settings.collect_ms = ms;
    return 1;
}

// A result is put, and named when all of it is: in between it may have to wait for a Redis that is away.
static int take_keep(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    uint64_t ms;
    char better[QUANTITY_BYTES];
    if (quantity_duration(value, &ms, better) < 0 || ms < KEEP_LEAST_MS)
        return inifile_refuse(file, "%s: expected 1h or more, found \"%s\"", option->key, value);
    parse->config->settings.keep_ms = ms;
    return 1;
}

static int take_duration(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    char better[QUANTITY_BYTES];
    uint64_t ms;
    if (quantity_duration(value, &ms, better) < 0)
        return inifile_refuse(file, "%s: expected a duration like %s, found \"%s\"", option->key, better, value);
    memcpy((char *)parse->config + option->offset, &ms, sizeof ms);
    return 1;
}

static int take_size(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    char better[QUANTITY_BYTES];
    uint64_t bytes;
    if (quantity_size(value, &bytes, better) < 0)
        return inifile_refuse(file, "%s: expected a size like %s, found \"%s\"", option->key, better, value);
    memcpy((char *)parse->config + option->offset, &bytes, sizeof bytes);
    return 1;
}

static int take_count(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    char *end;
    unsigned long count = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || count < 1 || count > SUPERVISOR_MAX_WORKERS)
        return inifile_refuse(file, "%s: expected 1 to %u, found \"%s\"", option->key, SUPERVISOR_MAX_WORKERS, value);
    parse->config->settings.worker_count = (uint32_t)count;
    return 1;
}

static int take_standby(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    char *end;
    unsigned long count = strtoul(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || count > QUERND_MAX_STANDBY)
        return inifile_refuse(file, "%s: expected 0 to %u, found \"%s\"", option->key, QUERND_MAX_STANDBY, value);
    parse->config->standby = (uint32_t)count;
    return 1;
}

static int take_renew_jobs(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    char *end = NULL;
    bool never = strcmp(value, "never") == 0;
    unsigned long count = never ? 0 : strtoul(value, &end, 10);
    if (!never && (value[0] < '0' || value[0] > '9' || *end || count < 1 || count > UINT32_MAX))
        return inifile_refuse(file, "%s: expected 1 or more, or never, found \"%s\"", option->key, value);
    parse->config->renew_jobs = (uint32_t)count;
    return 1;
}

static int take_renew_after(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    uint64_t ms = 0;
    char better[QUANTITY_BYTES];
    if (strcmp(value, "never") != 0 && (quantity_duration(value, &ms, better) < 0 || ms < RENEW_LEAST_MS))
        return inifile_refuse(file, "%s: expected 1m or more, or never, found \"%s\"", option->key, value);
    parse->config->renew_ms = ms;
    return 1;
}

// ---- lists of names ----

static int take_queue(struct inifile *file, struct parse *parse, const char *name, size_t bytes) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
    struct settings *settings = &parse->config->settings;
    char *slot = settings->queues[settings->queue_count];
    if (settings->queue_count == SETTINGS_MAX_QUEUES)
        return inifile_refuse(file, "names: expected at most %u queues", SETTINGS_MAX_QUEUES);
    if (bytes >= QUEUE_NAME_BYTES || strspn(name, allowed) < bytes || strchr("_.-", name[0]))
        return inifile_refuse(file,
                              "names: '%.*s' is not a queue; expected 1 to 63 of a-z 0-9 _ . -, the first a-z 0-9",
                              (int)(bytes < 100 ? bytes : 100), name);
    snprintf(slot, QUEUE_NAME_BYTES, "%.*s", (int)bytes, name);
    for (uint32_t i = 0; i < settings->queue_count; i++)
        if (strcmp(settings->queues[i], slot) == 0)
            return inifile_refuse(file, "names: expected each queue once, found %s again", slot);
    settings->queue_count++;
    return 1;
}

static int take_environment(struct inifile *file, struct parse *parse, const char *name, size_t bytes) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    struct quernd_config *config = parse->config;
    char *slot = config->environments[config->environment_count].name;
    if (config->environment_count == SUPERVISOR_MAX_ENVIRONMENTS)
        return inifile_refuse(file, "names: expected at most %u environments", SUPERVISOR_MAX_ENVIRONMENTS);
    if (bytes >= ENVIRONMENT_NAME_BYTES || strspn(name, allowed) < bytes || name[0] == '.')
        return inifile_refuse(file, "names: '%.*s' is not an environment; expected 1 to 64 of A-Z a-z 0-9 _ . -",
                              (int)(bytes < 100 ? bytes : 100), name);
    snprintf(slot, ENVIRONMENT_NAME_BYTES, "%.*s", (int)bytes, name);
    for (uint32_t i = 0; i < config->environment_count; i++)
        if (strcmp(config->environments[i].name, slot) == 0)
            return inifile_refuse(file, "names: expected each environment once, found %s again", slot);
    config->environment_count++;
    return 1;
}

static int take_names(struct inifile *file, struct parse *parse, const char *value,
                      int (*take)(struct inifile *file, struct parse *parse, const char *name, size_t bytes)) {
    bool any = false;
    for (const char *at = value + strspn(value, ", \t"); *at; at += strspn(at, ", \t")) {
        size_t bytes = strcspn(at, ", \t");
        if (!take(file, parse, at, bytes))
            return 0;
        any = true;
        at += bytes;
    }
    return any ? 1 : inifile_refuse(file, "names: expected at least one");
}

static int take_queues(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    (void)option;
    parse->config->settings.queue_count = 0;
    return take_names(file, parse, value, take_queue);
}

static int take_environments(struct inifile *file, struct parse *parse, const struct option *option,
                             const char *value) {
    (void)option;
    parse->config->environment_count = 0;
    return take_names(file, parse, value, take_environment);
}

static int take_worker_name(struct inifile *file, struct parse *parse, const struct option *option, const char *value) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    (void)option;
    if (!*value || strlen(value) > 100 || value[strspn(value, allowed)])
        return inifile_refuse(file, "name: expected 1 to 100 of A-Z a-z 0-9 _ . -, found \"%.150s\"", value);
    snprintf(parse->config->settings.worker, sizeof parse->config->settings.worker, "%s", value);
    return 1;
}

// ---- the table ----

static const char *const formats[] = {"text", "json", NULL};
static const char *const levels[] = {"error", "warning", "info", "debug", NULL};
static const char *const bounds[] = {"rlimit", "polled", "cgroup", NULL};
static const char *const jails[] = {"none", "minimal", "user", "full", NULL};

#define SETTING(member) offsetof(struct quernd_config, settings.member)
#define TEXT(member) SETTING(member), sizeof(((struct settings *)0)->member), NULL

static const struct option options[] = {
    {"queue", "url", take_text, TEXT(queue_url)},
    {"queue", "password_file", take_file, TEXT(queue_password_file)},
    {"queue", "key_file", take_file, TEXT(queue_key_file)},
    {"queue", "names", take_queues, 0, 0, NULL},
    {"queue", "lease", take_lease, 0, 0, NULL},
    {"queue", "durability", take_word, SETTING(durability), 0, settings_durabilities},
    {"store", "url", take_text, TEXT(store_url)},
    {"store", "password_file", take_file, TEXT(store_password_file)},
    {"store", "collect", take_collect, 0, 0, NULL},
    {"store", "keep", take_keep, 0, 0, NULL},
    {"workers", "count", take_count, 0, 0, NULL},
    {"workers", "name", take_worker_name, 0, 0, NULL},
    {"workers", "memory", take_size, offsetof(struct quernd_config, memory_bytes), 0, NULL},
    {"workers", "drain_timeout", take_duration, offsetof(struct quernd_config, drain_timeout_ms), 0, NULL},
    {"environments", "names", take_environments, 0, 0, NULL},
    {"environments", "standby", take_standby, offsetof(struct quernd_config, standby), 0, NULL},
    {"environments", "renew_jobs", take_renew_jobs, 0, 0, NULL},
    {"environments", "renew_after", take_renew_after, 0, 0, NULL},
    {"environments", "directory", take_text, offsetof(struct quernd_config, environments_directory),
     ENVIRONMENT_PATH_BYTES, NULL},
    {"jail", "require", take_word, offsetof(struct quernd_config, jail.level), 0, jails},
    {"jail", "require_bound", take_word, offsetof(struct quernd_config, jail.bound), 0, bounds},
    {"http", "listen", take_text, TEXT(http_listen)},
    {"log", "format", take_word, SETTING(log_format), 0, formats},
    {"log", "level", take_word, SETTING(log_level), 0, levels},
};

enum { OPTIONS = sizeof options / sizeof *options };

static int unknown(struct inifile *file, const char *section, const char *key) {
    char all[256] = "";
    for (size_t i = 0; i < OPTIONS; i++)
        if (strcmp(options[i].section, section) == 0)
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", *all ? ", " : "", options[i].key);
    if (!*all)
        return inifile_refuse(file,
                              "expected a section of queue, store, workers, environments, jail, defaults, limits, "
                              "http, log, found [%.100s]",
                              section);
    return inifile_refuse(file, "[%s]: expected one of %s, found \"%.100s\"", section, all, key);
}

static int take_limit(struct inifile *file, struct parse *parse, const char *section, const char *key,
                      const char *value) {
    char why[LIMITS_WHY_BYTES];
    return limits_take(section, key, value, &parse->config->limits, why) ? 1 : inifile_refuse(file, "%s", why);
}

static int take_pair(struct inifile *file, void *context, const char *section, const char *key, const char *value) {
    struct parse *parse = context;
    if (limits_is_section(section))
        return take_limit(file, parse, section, key, value);
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(options[i].section, section) != 0 || strcmp(options[i].key, key) != 0)
            continue;
        if (parse->seen >> i & 1)
            return inifile_refuse(file, "[%s]: expected %s once, found it again", section, key);
        parse->seen |= UINT64_C(1) << i;
        return options[i].take(file, parse, &options[i], value);
    }
    return unknown(file, section, key);
}

// ---- defaults, and what only the whole shows ----

static void defaults(struct quernd_config *config) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    *config = (struct quernd_config){.drain_timeout_ms = 60000,
                                     .standby = QUERND_STANDBY,
                                     .renew_jobs = QUERND_RENEW_JOBS,
                                     .renew_ms = QUERND_RENEW_MS,
                                     .jail = {.level = JAIL_MINIMAL},
                                     .environment_count = 1,
                                     .environments = {{.name = "default"}},
                                     .environments_directory = "/etc/quern/environments"};
    struct settings *settings = &config->settings;
    settings->version = SETTINGS_VERSION;
    settings->queue_count = 1;
    snprintf(settings->queues[0], sizeof settings->queues[0], "default");
    settings->lease_ms = 30000;
    settings->collect_ms = HOUR_MS;
    settings->keep_ms = UINT64_C(24) * HOUR_MS;
    settings->worker_count = processors < 1 ? 1 : (uint32_t)processors;
    if (settings->worker_count > SUPERVISOR_MAX_WORKERS)
        settings->worker_count = SUPERVISOR_MAX_WORKERS;
    settings->log_level = SETTINGS_LOG_INFO;
    if (gethostname(settings->worker, 101) < 0 || !settings->worker[0])
        snprintf(settings->worker, sizeof settings->worker, "localhost");
    settings->worker[100] = '\0';
}

static int join_environments(const char *name, struct quernd_config *config, struct err *err) {
    char *text = config->settings.environments;
    size_t used = 0, room = sizeof config->settings.environments;
    for (uint32_t i = 0; i < config->environment_count && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%s", i ? "," : "", config->environments[i].name);
    if (used >= room)
        return err_set(err, REASON_CONFIG, "%s: expected names of environments of %zu bytes in all", name, room - 1);
    return 0;
}

// The user's own, as storage_open() has it: all programs and the queue's home call it by the same name.
static int default_store(const char *name, struct settings *settings, struct err *err) {
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    int used = -1;
    if (settings->store_url[0])
        return 0;
    if (data && data[0] == '/')
        used = snprintf(settings->store_url, sizeof settings->store_url, "file:%s/quern/store", data);
    else if (home && home[0] == '/')
        used = snprintf(settings->store_url, sizeof settings->store_url, "file:%s/.local/share/quern/store", home);
    if (used < 0 || (size_t)used >= sizeof settings->store_url)
        return err_set(err, REASON_CONFIG, "%s: [store] url: expected file:/DIRECTORY or redis://HOST, found nothing",
                       name);
    return 0;
}

int quernd_config_parse(const char *name, const char *text, struct quernd_config *ret, struct err *err) {
    struct parse parse = {.config = ret};
    defaults(ret);
    char why[LIMITS_WHY_BYTES];
    TRY(inifile_read(name, text, NULL, take_pair, &parse, err));
    if (!limits_agree(&ret->limits, why))
        return err_set(err, REASON_CONFIG, "%s: %s", name, why);
    if (!ret->settings.queue_url[0])
        return err_set(err, REASON_CONFIG, "%s: [queue] url: expected redis://HOST or unix:/PATH, found nothing", name);
    TRY(default_store(name, &ret->settings, err));
    return join_environments(name, ret, err);
}

static int read_environment(const struct quernd_config *config, struct environment *environment, struct err *err) {
    char path[ENVIRONMENT_PATH_BYTES + ENVIRONMENT_NAME_BYTES + 8], name[ENVIRONMENT_NAME_BYTES];
    auto_free char *text = NULL;
    size_t bytes;
    struct err why;
    memcpy(name, environment->name, sizeof name);
    snprintf(path, sizeof path, "%s/%s.conf", config->environments_directory, name);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && strcmp(name, "default") == 0) {
        environment_default(environment);
        return 0;
    }
    if (fd < 0)
        return err_sys(err, REASON_CONFIG, "environment %s: %s", name, path);
    TRY(memory_read(fd, path, ENVIRONMENT_MAX_BYTES, &text, &bytes, err));
    if (environment_parse(name, text, environment, &why) < 0)
        return err_set(err, REASON_CONFIG, "%s: %s", path, why.msg);
    return 0;
}

int quernd_config_read(const char *path, struct quernd_config *ret, struct err *err) {
    auto_free char *text = NULL;
    size_t bytes;
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_sys(err, REASON_CONFIG, "%s", path);
    TRY(memory_read(fd, path, QUERND_CONFIG_MAX_BYTES, &text, &bytes, err));
    if (strlen(text) != bytes)
        return err_set(err, REASON_CONFIG, "%s: expected text, found a NUL", path);
    TRY(quernd_config_parse(path, text, ret, err));
    for (uint32_t i = 0; i < ret->environment_count; i++)
        TRY(read_environment(ret, &ret->environments[i], err));
    return 0;
}
