// SPDX-License-Identifier: Apache-2.0
#include "cli/client.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "cli/places.h"
#include "cli/preferences.h"
#include "cli/queues.h"
#include "quern/own.h"
#include "quern/queue_client.h"
#include "quern/queue_server.h"

/* ---- where it is ---- */

// Does somebody listen there?
static bool answers(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

static int no_queue(struct refusal *refusal) {
    refuse(refusal, REASON_CONFIG, "no queue: nothing says where its Redis is");
    refusal_advise(refusal, "start one here: quern up --detach");
    refusal_advise(refusal, "or name one: export QUERN_REDIS_URL=redis://HOST:6379");
    return -1;
}

static int find_up(struct client *client, struct refusal *refusal) {
    char directory[PATH_MAX];
    struct refusal ignored;
    if (places_up(directory, &ignored) < 0)
        return no_queue(refusal);
    int bytes = snprintf(client->url, sizeof client->url, "unix:%s/redis.sock", directory);
    if (bytes < 0 || (size_t)bytes >= sizeof client->url || !answers(client->url + strlen("unix:")))
        return no_queue(refusal);
    snprintf(client->source, sizeof client->source, "quern up");
    return 0;
}

static int find_url(const struct command_line *line, const struct preferences *preferences, struct client *client,
                    struct refusal *refusal) {
    const struct given *given = command_given(line, "--queue-url");
    const char *variable = preferences_variable("QUERN_REDIS_URL");
    const char *url = given ? given->value : variable ? variable : *preferences->url ? preferences->url : NULL;
    if (!url)
        return find_up(client, refusal);
    snprintf(client->source, sizeof client->source, "%s",
             given      ? "--queue-url"
             : variable ? "QUERN_REDIS_URL"
                        : preferences->file);
    if (snprintf(client->url, sizeof client->url, "%s", url) >= (int)sizeof client->url)
        return refuse(refusal, given ? REASON_USAGE : REASON_CONFIG, "%s: expected a URL of at most %zu bytes",
                      client->source, sizeof client->url - 1);
    return 0;
}

// A name that is too long is cut by one byte more than it may have, so that the queue library refuses it.
static const char *find_name(const struct command_line *line, const struct preferences *preferences,
                             const char **ret_name) {
    const struct given *given = command_given(line, "--queue");
    const char *variable = preferences_variable("QUERN_QUEUE");
    *ret_name = given ? given->value : variable ? variable : *preferences->name ? preferences->name : "default";
    return given ? "-q" : variable ? "QUERN_QUEUE" : preferences->file;
}

static int open_queue(const char *name, const char *name_source, struct client *client, struct refusal *refusal) {
    const struct queue_options options = {.url = client->url,
                                          .password_file = client->password_file,
                                          .key_file = *client->key_file ? client->key_file : NULL,
                                          .name = name,
                                          .durability = client->durability};
    struct err err;
    if (queue_open(&options, &client->queue, &err) == 0) {
        snprintf(client->name, sizeof client->name, "%.*s", QUEUE_NAME_BYTES - 1, name);
        return 0;
    }
    bool bad_name = err.reason == REASON_BAD_INPUT;
    const char *source = bad_name ? name_source : client->source;
    return refuse(refusal, *source == '-' ? REASON_USAGE : REASON_CONFIG, "%s: %s", source, err.msg);
}

static const char *variable_or(const char *variable, const char *preferred) {
    const char *value = preferences_variable(variable);
    return value ? value : preferred;
}

static int find_file(const char *variable, const char *preferred, char ret[PATH_MAX], struct refusal *refusal) {
    int bytes = snprintf(ret, PATH_MAX, "%s", variable_or(variable, preferred));
    return bytes < PATH_MAX ? 0 : refuse(refusal, REASON_CONFIG, "%s: the name is too long", variable);
}

static int read_durability(const struct preferences *preferences, enum queue_durability *ret, struct refusal *refusal) {
    const char *variable = preferences_variable("QUERN_DURABILITY");
    const char *word = variable ? variable : *preferences->durability ? preferences->durability : "normal";
    struct err err;
    if (queue_durability_parse(word, ret, &err) == 0)
        return 0;
    return refuse(refusal, REASON_CONFIG, "%s: %s", variable ? "QUERN_DURABILITY" : preferences->file, err.msg);
}

static int open_named(const struct command_line *line, const char *operand, struct client *ret,
                      struct refusal *refusal) {
    struct preferences preferences;
    const char *name;
    *ret = (struct client){.queue = NULL};
    TRY(preferences_read(&preferences, refusal));
    TRY(find_url(line, &preferences, ret, refusal));
    const char *name_source = find_name(line, &preferences, &name);
    if (operand) {
        name = operand;
        name_source = "-q";
    }
    TRY(find_file("QUERN_REDIS_PASSWORD_FILE", preferences.password_file, ret->password_file, refusal));
    TRY(find_file("QUERN_KEY_FILE", preferences.key_file, ret->key_file, refusal));
    TRY(read_durability(&preferences, &ret->durability, refusal));
    return open_queue(name, name_source, ret, refusal);
}

int client_open(const struct command_line *line, struct client *ret, struct refusal *refusal) {
    return open_named(line, NULL, ret, refusal);
}

int client_open_operand(const struct command_line *line, struct client *ret, struct refusal *refusal) {
    return open_named(line, line->operand_count ? line->operands[0] : NULL, ret, refusal);
}

int client_find(const struct command_line *line, struct client_place *ret, struct refusal *refusal) {
    struct client client = {.queue = NULL};
    struct preferences preferences;
    const char *name;
    TRY(preferences_read(&preferences, refusal));
    TRY(find_url(line, &preferences, &client, refusal));
    (void)find_name(line, &preferences, &name);
    memcpy(ret->url, client.url, sizeof ret->url);
    snprintf(ret->name, sizeof ret->name, "%.*s", QUEUE_NAME_BYTES, name);
    snprintf(ret->password_file, sizeof ret->password_file, "%s",
             variable_or("QUERN_REDIS_PASSWORD_FILE", preferences.password_file));
    snprintf(ret->store_password_file, sizeof ret->store_password_file, "%s",
             variable_or("QUERN_STORE_PASSWORD_FILE", preferences.store_password_file));
    return 0;
}

bool client_is_configured(const struct command_line *line) {
    struct client client = {.queue = NULL};
    struct preferences preferences;
    struct refusal refusal;
    // What cannot be read is told by who opens it.
    return preferences_read(&preferences, &refusal) < 0 || find_url(line, &preferences, &client, &refusal) == 0;
}

void client_close(struct client *client) {
    store_close(&client->store);
    queue_close(client->queue);
    *client = (struct client){.queue = NULL};
}

int client_store(struct client *client, struct refusal *refusal) {
    struct err err;
    if (client->store.storage)
        return 0;
    if (queue_get_home(client->queue, &client->home, &err) < 0)
        return client_blame(client, &err, refusal);
    if (!*client->home.store) {
        refuse(refusal, REASON_CONFIG, "the queue '%s' names no store for its datasets", client->name);
        queues_suggest(client, refusal);
        refusal_advise(refusal, "name one: quern queue home %s --store URL", client->name);
        return -1;
    }
    struct refusal why;
    if (store_connect(client->home.store, &client->store, &why) < 0)
        return refuse(refusal, (enum reason)why.err.reason, "the store of the queue '%s': %s", client->name,
                      why.err.msg);
    if (catalogue_of_queue(client->queue, client->store.storage, &client->store.catalogue, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return 0;
}

/* ---- what went wrong ---- */

int client_blame(const struct client *client, const struct err *err, struct refusal *refusal) {
    bool bad_word = err->reason == REASON_BAD_INPUT;
    refuse(refusal, bad_word ? REASON_USAGE : (enum reason)err->reason, "%s", err->msg);
    if (err->reason == REASON_UNREACHABLE && strcmp(client->source, "quern up") == 0)
        refusal_advise(refusal, "start it again: quern up --detach");
    else if (err->reason == REASON_UNREACHABLE)
        refusal_advise(refusal, "%s names it; look closer: quern doctor", client->source);
    else if (err->reason == REASON_DENIED && !*client->password_file && strstr(err->msg, "wants a password"))
        refusal_advise(refusal, "name the file that has the password: export QUERN_REDIS_PASSWORD_FILE=PATH");
    else if (err->reason == REASON_DENIED)
        refusal_advise(refusal, "look at the password, and at what its user may do: ACL LIST");
    return -1;
}

/* ---- jobs by their names ---- */

int client_no_job(const struct client *client, const char *word, struct refusal *refusal) {
    refuse(refusal, REASON_NOT_FOUND, "there is no job '%s' in the queue '%s'", word, client->name);
    refusal_advise(refusal, "list them: quern ls -q %s", client->name);
    return -1;
}

static bool is_id(const char *word) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t bytes = strspn(word, allowed);
    return bytes > 0 && bytes < JOB_ID_BYTES && !word[bytes];
}

int client_find_job(const struct client *client, const char *word, char ret_id[JOB_ID_BYTES], struct refusal *refusal) {
    struct err err;
    size_t digits = strspn(word, "0123456789");
    if (!is_id(word))
        return refuse(refusal, REASON_USAGE,
                      "'%.100s' is not a job; expected its number, or its id: 1 to 64 of A-Z a-z 0-9 _ -", word);
    if (word[digits]) {
        snprintf(ret_id, JOB_ID_BYTES, "%s", word);
        return 0;
    }
    uint64_t number = digits <= 15 ? strtoull(word, NULL, 10) : 0;
    int answer = number ? queue_find(client->queue, number, ret_id, &err) : QUEUE_NO_JOB;
    if (answer < 0)
        return client_blame(client, &err, refusal);
    return answer == QUEUE_OK ? 0 : client_no_job(client, word, refusal);
}

int client_get(const struct client *client, const char *word, const char *id, struct queue_record *ret,
               struct refusal *refusal) {
    struct err err;
    int answer = queue_get(client->queue, id, ret, &err);
    if (answer < 0)
        return client_blame(client, &err, refusal);
    return answer == QUEUE_OK ? 0 : client_no_job(client, word, refusal);
}

int client_each_job(const struct command_line *line, client_job_fn *call) {
    struct refusal refusal;
    struct client client;
    int first = 0;
    if (client_open(line, &client, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    bool away = false;
    for (size_t i = 0; i < line->operand_count && !away; i++) {
        int code = call(line, &client, line->operands[i], &refusal);
        if (code < 0)
            code = refusal_print(&refusal, stderr);
        first = first ? first : code;
        away = code == refusal_code(REASON_UNREACHABLE);
    }
    client_close(&client);
    return first;
}
