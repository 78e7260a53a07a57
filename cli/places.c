// SPDX-License-Identifier: Apache-2.0
#include "cli/places.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *absolute(const char *variable) {
    const char *value = getenv(variable);
    return value && *value == '/' ? value : NULL;
}

void places_descriptors(char ret[PLACES_DESCRIPTORS][PATH_MAX]) {
    const char *config = absolute("XDG_CONFIG_HOME"), *home = absolute("HOME");
    ret[0][0] = '\0';
    if (config)
        snprintf(ret[0], PATH_MAX, "%s/quern/environments", config);
    else if (home)
        snprintf(ret[0], PATH_MAX, "%s/.config/quern/environments", home);
    snprintf(ret[1], PATH_MAX, "/etc/quern/environments");
}

int places_made(char ret[PATH_MAX], struct refusal *refusal) {
    const char *data = absolute("XDG_DATA_HOME"), *home = absolute("HOME");
    if (data)
        snprintf(ret, PATH_MAX, "%s/quern/environments", data);
    else if (geteuid() == 0)
        snprintf(ret, PATH_MAX, "/var/lib/quern/environments");
    else if (home)
        snprintf(ret, PATH_MAX, "%s/.local/share/quern/environments", home);
    else
        return refuse(refusal, REASON_CONFIG, "expected an absolute path in HOME or XDG_DATA_HOME, found neither");
    return 0;
}

void places_settings(char ret[PATH_MAX]) {
    const char *config = absolute("XDG_CONFIG_HOME"), *home = absolute("HOME");
    ret[0] = '\0';
    if (config)
        snprintf(ret, PATH_MAX, "%s/quern/quern.ini", config);
    else if (home)
        snprintf(ret, PATH_MAX, "%s/.config/quern/quern.ini", home);
}

int places_store(char ret[PATH_MAX], struct refusal *refusal) {
    const char *data = absolute("XDG_DATA_HOME"), *home = absolute("HOME");
    if (!data && !home)
        return refuse(refusal, REASON_CONFIG, "expected an absolute path in HOME or XDG_DATA_HOME, found neither");
    if (data)
        snprintf(ret, PATH_MAX, "%s/quern/store", data);
    else
        snprintf(ret, PATH_MAX, "%s/.local/share/quern/store", home);
    return 0;
}

int places_up(char ret[PATH_MAX], struct refusal *refusal) {
    const char *state = absolute("XDG_STATE_HOME"), *home = absolute("HOME");
    if (!state && !home)
        return refuse(refusal, REASON_CONFIG, "expected an absolute path in HOME or XDG_STATE_HOME, found neither");
    if (state)
        snprintf(ret, PATH_MAX, "%s/quern/up", state);
    else
        snprintf(ret, PATH_MAX, "%s/.local/state/quern/up", home);
    return 0;
}

int places_make(const char *directory, struct refusal *refusal) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", directory);
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            return refuse(refusal, REASON_CONFIG, "%s: %s", path, strerror(errno));
        if (!slash)
            return 0;
        *slash = '/';
    }
}
