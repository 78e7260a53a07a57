// SPDX-License-Identifier: Apache-2.0
#include "cli/preferences.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/places.h"
#include "quern/inifile.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { PREFERENCES_MAX_BYTES = 65536 };

static int take(struct inifile *inifile, void *context, const char *section, const char *name, const char *value) {
    struct preferences *preferences = context;
    const struct {
        const char *key;
        char *place;
    } keys[] = {{"queue.url", preferences->url},
                {"queue.name", preferences->name},
                {"queue.password_file", preferences->password_file},
                {"queue.key_file", preferences->key_file},
                {"queue.durability", preferences->durability},
                {"store.password_file", preferences->store_password_file}};
    char key[PREFERENCES_TEXT_BYTES];
    snprintf(key, sizeof key, "%s.%s", section, name);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        if (*keys[i].place)
            return inifile_refuse(inifile, "[%s] %s stands there twice", section, name);
        snprintf(keys[i].place, PREFERENCES_TEXT_BYTES, "%s", value);
        return 1;
    }
    return inifile_refuse(inifile,
                          "[%s] %s is not a setting; there are url, name, password_file, key_file and durability of "
                          "[queue], and password_file of [store]",
                          section, name);
}

int preferences_read(struct preferences *ret, struct refusal *refusal) {
    auto_free char *text = NULL;
    size_t bytes;
    struct err err;
    *ret = (struct preferences){.url = ""};
    places_settings(ret->file);
    if (!*ret->file)
        return 0;
    auto_fd int fd = open(ret->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (fd < 0)
        return refuse(refusal, REASON_CONFIG, "%s: %s", ret->file, strerror(errno));
    if (memory_read(fd, ret->file, PREFERENCES_MAX_BYTES, &text, &bytes, &err) < 0 ||
        inifile_read(ret->file, text, NULL, take, ret, &err) < 0)
        return refuse(refusal, REASON_CONFIG, "%s", err.msg);
    return 0;
}

const char *preferences_variable(const char *variable) {
    const char *value = getenv(variable);
    return value && *value ? value : NULL;
}

int preferences_store_secret(const char *url, char ret_path[PATH_MAX], struct refusal *refusal) {
    struct preferences preferences;
    const char *named = preferences_variable("QUERN_STORE_PASSWORD_FILE");
    ret_path[0] = '\0';
    if (!url || strncmp(url, "file:", 5) == 0)
        return 0;
    if (!named) {
        TRY(preferences_read(&preferences, refusal));
        named = preferences.store_password_file;
    }
    if (snprintf(ret_path, PATH_MAX, "%s", named) >= PATH_MAX)
        return refuse(refusal, REASON_CONFIG, "QUERN_STORE_PASSWORD_FILE: expected a shorter path");
    return 0;
}
