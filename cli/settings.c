// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "cli/places.h"
#include "cli/suggest.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { PASSWORD_BYTES = 4096 };

struct reading {
    struct settings *settings;
    struct refusal *refusal;
    bool failed;
};

static int take(void *context, const char *section, const char *name, const char *value) {
    struct reading *reading = context;
    struct settings *settings = reading->settings;
    const struct {
        const char *key;
        char *place;
    } keys[] = {{"queue.url", settings->url},
                {"queue.name", settings->name},
                {"queue.password_file", settings->password_file},
                {"store.password_file", settings->store_password_file}};
    char key[SETTINGS_TEXT_BYTES];
    struct suggest suggest;
    if (reading->failed)
        return 0;
    snprintf(key, sizeof key, "%s.%s", section, name);
    suggest_init(&suggest, key);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        suggest_offer(&suggest, keys[i].key);
        if (strcmp(keys[i].key, key) != 0)
            continue;
        if (*keys[i].place)
            break; // twice, or a value that goes on in the next line
        snprintf(keys[i].place, SETTINGS_TEXT_BYTES, "%s", value);
        return 1;
    }
    reading->failed = true;
    refuse(reading->refusal, REASON_CONFIG, "%s: [%s] %s is not a setting, or stands there twice", settings->file,
           section, name);
    if (suggest_best(&suggest) && strcmp(suggest_best(&suggest), key) != 0)
        refusal_advise(reading->refusal, "did you mean '%s'?", suggest_best(&suggest));
    return 0;
}

int settings_read(struct settings *ret, struct refusal *refusal) {
    *ret = (struct settings){.url = ""};
    struct reading reading = {.settings = ret, .refusal = refusal};
    places_settings(ret->file);
    auto_file FILE *file = *ret->file ? fopen(ret->file, "re") : NULL;
    if (!file && *ret->file && errno != ENOENT && errno != ENOTDIR)
        return refuse(refusal, REASON_CONFIG, "%s: %s", ret->file, strerror(errno));
    int line = file ? ini_parse_file(file, take, &reading) : 0;
    if (reading.failed)
        return -1;
    return line ? refuse(refusal, REASON_CONFIG, "%s: line %d: expected [SECTION] or NAME = VALUE", ret->file, line)
                : 0;
}

const char *settings_variable(const char *variable) {
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

int settings_password(const char *variable, const char *path, char **ret, struct refusal *refusal) {
    const char *named = settings_variable(variable), *from = named ? named : *path ? path : NULL;
    char *text = NULL;
    size_t bytes = 0;
    struct err err;
    *ret = NULL;
    if (!from)
        return 0;
    auto_fd int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", named ? variable : from, strerror(errno));
    if (memory_read(fd, from, PASSWORD_BYTES, &text, &bytes, &err) < 0)
        return refuse(refusal, REASON_CONFIG, "%s", err.msg);
    text[strcspn(text, "\r\n")] = '\0';
    if (!*text) {
        free(text);
        return refuse(refusal, REASON_CONFIG, "%s: expected a password in its first line, found none", from);
    }
    *ret = text;
    return 0;
}
