// SPDX-License-Identifier: Apache-2.0
#include "quern/environment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "quern/inifile.h"
#include "quern/memory.h"

static const char *const profile_words[] = {
    [ENVIRONMENT_AUTO] = "auto", [ENVIRONMENT_NS] = "ns", [ENVIRONMENT_UNITS] = "units"};
static const char *const network_words[] = {"denied", "open"};
static const char *const legacy_words[] = {"no", "yes"};

struct parse {
    uint32_t seen; // bit per key
    struct environment *environment;
};

static bool printable(const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

static bool name_ok(const char *name) {
    size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    return length > 0 && length < ENVIRONMENT_NAME_BYTES && !name[length] && name[0] != '.';
}

// A dotted name as `import` takes it.
static bool module_ok(const char *name, size_t bytes) {
    bool start = true;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c == '.' ? start : !(isalpha(c) || c == '_' || (!start && isdigit(c))))
            return false;
        start = c == '.';
    }
    return !start;
}

static int word_index(const char *const *words, int count, const char *value) {
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], value) == 0)
            return i;
    return -1;
}

// What the text form cannot carry is no path: a comment starts at a blank and a semicolon, blanks around are dropped.
static const char *python_fault(const char *path) {
    size_t length = strlen(path);
    if (path[0] != '/')
        return "an absolute path";
    if (length >= ENVIRONMENT_PATH_BYTES || length + strlen("python = ") > INIFILE_LINE_BYTES)
        return "a path that fits into a line of 196 bytes";
    if (!printable(path, length) || strstr(path, " ;") || path[length - 1] == ' ')
        return "a path without control characters, without a blank at its end and without ` ;`";
    return NULL;
}

static int take_python(struct inifile *file, struct environment *environment, const char *value) {
    const char *fault = python_fault(value);
    if (fault)
        return inifile_refuse(file, "python: expected %s, found \"%s\"", fault, value);
    snprintf(environment->python, sizeof environment->python, "%s", value);
    return 1;
}

static int take_profile(struct inifile *file, struct environment *environment, const char *value) {
    int profile = word_index(profile_words, 3, value);
    if (profile < 0)
        return inifile_refuse(file, "profile: expected auto, ns or units, found \"%s\"", value);
    environment->profile = (uint32_t)profile;
    return 1;
}

static int take_network(struct inifile *file, struct environment *environment, const char *value) {
    int network = word_index(network_words, 2, value);
    if (network < 0)
        return inifile_refuse(file, "network: expected denied or open, found \"%s\"", value);
    environment->network_open = network == 1;
    return 1;
}

static int take_legacy(struct inifile *file, struct environment *environment, const char *value) {
    int legacy = word_index(legacy_words, 2, value);
    if (legacy < 0)
        return inifile_refuse(file, "legacy: expected no or yes, found \"%s\"", value);
    environment->legacy = legacy == 1;
    return 1;
}

static int take_module(struct inifile *file, struct environment *environment, const char *module, size_t bytes) {
    if (bytes >= ENVIRONMENT_MODULE_BYTES || !module_ok(module, bytes))
        return inifile_refuse(file, "preload: expected the name of a module, at most %d bytes, found \"%.*s\"",
                              ENVIRONMENT_MODULE_BYTES - 1, (int)bytes, module);
    if (environment->preload_count == ENVIRONMENT_PRELOADS)
        return inifile_refuse(file, "preload: expected at most %d modules, found another one, \"%.*s\"",
                              ENVIRONMENT_PRELOADS, (int)bytes, module);
    char *slot = environment->preload[environment->preload_count++];
    memcpy(slot, module, bytes);
    slot[bytes] = '\0';
    return 1;
}

static int take_preload(struct inifile *file, struct environment *environment, const char *value) {
    if (!file->continues) {
        environment->preload_count = 0;
        memset(environment->preload, 0, sizeof environment->preload);
    }
    for (const char *at = value + strspn(value, " \t"); *at; at += strspn(at, " \t")) {
        size_t bytes = strcspn(at, " \t");
        if (!take_module(file, environment, at, bytes))
            return 0;
        at += bytes;
    }
    return 1;
}

static const struct {
    const char *name;
    int (*take)(struct inifile *file, struct environment *environment, const char *value);
} keys[] = {
    {"python", take_python},   {"profile", take_profile}, {"preload", take_preload},
    {"network", take_network}, {"legacy", take_legacy},
};

static int take_limit(struct inifile *file, struct environment *environment, const char *section, const char *key,
                      const char *value) {
    char why[LIMITS_WHY_BYTES];
    return limits_take(section, key, value, &environment->limits, why) ? 1 : inifile_refuse(file, "%s", why);
}

static int take(struct inifile *file, void *context, const char *section, const char *key, const char *value) {
    struct parse *parse = context;
    if (limits_is_section(section))
        return take_limit(file, parse->environment, section, key, value);
    if (strcmp(section, "environment") != 0)
        return inifile_refuse(file, "expected the section [environment], [defaults] or [limits], found [%s]", section);
    for (uint32_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(key, keys[i].name) != 0)
            continue;
        if (!file->continues && parse->seen & 1u << i)
            return inifile_refuse(file, "expected %s once, found it again", key);
        parse->seen |= 1u << i;
        return keys[i].take(file, parse->environment, value);
    }
    return inifile_refuse(file, "expected python, profile, preload, network or legacy, found \"%s\"", key);
}

void environment_default(struct environment *ret) {
    _Static_assert(sizeof QUERN_PYTHON + sizeof "python = " <= INIFILE_LINE_BYTES,
                   "the interpreter's path fits into a line");
    *ret = (struct environment){
        .name = "default", .python = QUERN_PYTHON, .preload_count = 2, .preload = {"numpy", "pandas"}};
}

int environment_parse(const char *name, const char *text, struct environment *ret, struct err *err) {
    if (!name_ok(name))
        return err_set(err, REASON_CONFIG,
                       "environment: expected a name of 1 to 64 of A-Z a-z 0-9 _ . - that starts with no dot, "
                       "found \"%.100s\"",
                       name);
    size_t bytes = strnlen(text, ENVIRONMENT_MAX_BYTES + 1);
    if (bytes > ENVIRONMENT_MAX_BYTES)
        return err_set(err, REASON_CONFIG, "%s: expected at most %d bytes, found more", name, ENVIRONMENT_MAX_BYTES);
    struct environment environment;
    environment_default(&environment);
    snprintf(environment.name, sizeof environment.name, "%s", name);
    struct parse parse = {.environment = &environment};
    TRY(inifile_read(name, text, "preload", take, &parse, err));
    char why[LIMITS_WHY_BYTES];
    if (!limits_agree(&environment.limits, why))
        return err_set(err, REASON_CONFIG, "%s: %s", name, why);
    *ret = environment;
    return 0;
}

// One module per line: a list on one line could grow beyond what inih reads.
int environment_write(const struct environment *environment, int *ret_fd, struct err *err) {
    char text[ENVIRONMENT_PATH_BYTES + ENVIRONMENT_PRELOADS * (ENVIRONMENT_MODULE_BYTES + 4) + 256];
    size_t room = sizeof text;
    int used = snprintf(text, room, "[environment]\npython = %s\nprofile = %s\nnetwork = %s\nlegacy = %s\npreload =",
                        environment->python, profile_words[environment->profile % 3],
                        network_words[environment->network_open], legacy_words[environment->legacy]);
    for (uint32_t i = 0; i < environment->preload_count && i < ENVIRONMENT_PRELOADS; i++)
        used += snprintf(text + used, room - (size_t)used, " %s\n", environment->preload[i]);
    used += snprintf(text + used, room - (size_t)used, "%s", environment->preload_count ? "" : "\n");
    // What cannot be read back is not written.
    struct environment again = {0};
    TRY(environment_parse(environment->name, text, &again, err));
    if (strcmp(again.python, environment->python) != 0 || again.preload_count != environment->preload_count)
        return err_set(err, REASON_CONFIG, "%s: expected a path and modules without line breaks and blanks",
                       environment->name);
    int fd = memory_from("quern-environment", text, (size_t)used, err);
    TRY(fd);
    *ret_fd = fd;
    return 0;
}
