// SPDX-License-Identifier: Apache-2.0
#include "quern/settings.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "quern/memory.h"

const char *const settings_durabilities[] = {
    [QUEUE_NORMAL] = "normal", [QUEUE_REPLICATED] = "replicated", [QUEUE_FSYNC] = "fsync", NULL};

int settings_write(const struct settings *settings, int *ret_fd, struct err *err) {
    int fd = memory_from("quern-settings", settings, sizeof *settings, err);
    TRY(fd);
    *ret_fd = fd;
    return 0;
}

static bool terminated(const char *text, size_t bytes) { return memchr(text, '\0', bytes) != NULL; }

static bool texts_end(const struct settings *settings) {
    bool good = terminated(settings->queue_url, sizeof settings->queue_url) &&
                terminated(settings->queue_password_file, sizeof settings->queue_password_file) &&
                terminated(settings->queue_key_file, sizeof settings->queue_key_file) &&
                terminated(settings->store_url, sizeof settings->store_url) &&
                terminated(settings->store_password_file, sizeof settings->store_password_file) &&
                terminated(settings->worker, sizeof settings->worker) &&
                terminated(settings->environments, sizeof settings->environments) &&
                terminated(settings->http_listen, sizeof settings->http_listen);
    for (uint32_t i = 0; i < SETTINGS_MAX_QUEUES; i++)
        good = good && terminated(settings->queues[i], sizeof settings->queues[i]);
    return good;
}

int settings_read(int fd, struct settings *ret, struct err *err) {
    struct settings settings;
    ssize_t got = pread(fd, &settings, sizeof settings, 0);
    if (got < (ssize_t)sizeof settings.version)
        return err_set(err, REASON_BUG, "settings: expected %zu bytes, found %zd", sizeof settings, got);
    if (settings.version != SETTINGS_VERSION || got != (ssize_t)sizeof settings)
        return err_set(err, REASON_CONFIG, "settings: expected version %u, found %u; restart quernd", SETTINGS_VERSION,
                       settings.version);
    if (settings.queue_count == 0 || settings.queue_count > SETTINGS_MAX_QUEUES || !texts_end(&settings) ||
        settings.durability > QUEUE_FSYNC)
        return err_set(err, REASON_BUG, "settings: expected 1 to %u queues and texts that end", SETTINGS_MAX_QUEUES);
    *ret = settings;
    return 0;
}
