// SPDX-License-Identifier: Apache-2.0
#include "cli/log_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/kept.h"
#include "cli/suggest.h"
#include "cli/verdict.h"
#include "quern/own.h"

struct search {
    char prefix[JOB_ID_BYTES + 32];
    struct suggest suggest;
    bool any;
};

static int offer(void *context, const struct storage_entry *entry) {
    struct search *search = context;
    const char *name = entry->key + strlen(search->prefix);
    bool log = strncmp(name, KEPT_LOGS, strlen(KEPT_LOGS)) == 0;
    suggest_offer(&search->suggest, log ? name + strlen(KEPT_LOGS) : name);
    search->any = true;
    return 0;
}

// What the job kept besides, or why it has kept nothing yet.
static int no_file(const struct client *client, const char *word, const char *id, const char *name,
                   struct refusal *refusal) {
    struct search search = {.any = false};
    struct queue_record record;
    TRY(client_get(client, word, id, &record, refusal));
    bool ended = verdict_ended(record.state);
    queue_record_free(&record);
    refuse(refusal, REASON_NOT_FOUND, "job '%s' has kept no file '%s'", word, name);
    if (!ended)
        refusal_advise(refusal, "files are kept when a job ends: quern wait %s", word);
    suggest_init(&search.suggest, name);
    snprintf(search.prefix, sizeof search.prefix, "job:%s/" MANIFEST_FILES_DIR "/", id);
    if (catalogue_names(client->store.catalogue, search.prefix, offer, &search, NULL) == 0 && search.any) {
        if (suggest_best(&search.suggest))
            refusal_advise(refusal, "did you mean '%s'?", suggest_best(&search.suggest));
        refusal_advise(refusal, "it has: quern dataset ls %s", search.prefix);
    } else if (ended) {
        refusal_advise(refusal, "it has kept none: those of ./logs and ./outputs are, and what quern.file() names");
    }
    return -1;
}

// REASON_NOT_FOUND: there is none by either name.
static int open_file(const struct client *client, const char *id, const char *name, struct storage_object *ret,
                     struct err *err) {
    static const char *const places[] = {KEPT_LOGS, ""};
    char key[STORAGE_KEY_BYTES];
    int found = -1;
    for (size_t i = 0; i < sizeof places / sizeof *places && found < 0; i++) {
        int bytes = snprintf(key, sizeof key, "job:%s/" MANIFEST_FILES_DIR "/%s%s", id, places[i], name);
        if (bytes < 0 || (size_t)bytes >= sizeof key || storage_key_check(key, err) < 0)
            return err_set(err, REASON_NOT_FOUND, "no name of a file");
        found = catalogue_get(client->store.catalogue, key, NULL, ret, err);
        if (found < 0 && err->reason != REASON_NOT_FOUND)
            return -1;
    }
    return found;
}

static int print(int fd, const char *name, struct refusal *refusal) {
    char bytes[65536];
    struct terminal out;
    ssize_t got;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    struct escape escape = {.utf8 = out.utf8, .sgr = out.colour ? ESCAPE_SGR_PASS : ESCAPE_SGR_DROP};
    for (off_t at = 0; (got = pread(fd, bytes, sizeof bytes, at)) > 0; at += got) {
        if (out.screen)
            escape_write(&escape, bytes, (size_t)got, stdout);
        else if (fwrite(bytes, 1, (size_t)got, stdout) != (size_t)got)
            return 0; // told by main()
    }
    escape_end(&escape, stdout);
    return got < 0 ? refuse(refusal, REASON_INFRA, "%s: %s", name, strerror(errno)) : 0;
}

int log_file_print(struct client *client, const char *word, const char *name, struct refusal *refusal) {
    char id[JOB_ID_BYTES];
    struct storage_object object;
    struct err err;
    TRY(client_find_job(client, word, id, refusal));
    TRY(client_store(client, refusal));
    if (open_file(client, id, name, &object, &err) < 0)
        return err.reason == REASON_NOT_FOUND ? no_file(client, word, id, name, refusal)
                                              : client_blame(client, &err, refusal);
    auto_fd int fd = object.fd;
    return print(fd, name, refusal);
}
