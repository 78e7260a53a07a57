// SPDX-License-Identifier: Apache-2.0
#include "requests.h"

#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt.h"
#include "kept.h"
#include "listing.h"
#include "payload.h"
#include "quern/catalogue.h"
#include "quern/clock.h"
#include "quern/json_text.h"
#include "quern/own.h"
#include "quern/record.h"

// One request while it is answered.
struct exchange {
    struct attempt *attempt;
    const struct request *request;
    int work_dir;
    const int *payload; // or NULL
    struct request_reply *reply;
    int segment; // goes with the reply; or -1
    bool denied; // by the job's own prefixes, not by a service of ours
};

// ---- what may be asked for ----

static int deny(struct exchange *exchange, const char *what, const char *flag, struct err *err) {
    const char *key = exchange->request->name;
    exchange->denied = true;
    return err_set(err, REASON_DENIED, "this job may not %s %.200s; submit or run it with %s PREFIX", what, key, flag);
}

static int check_readable(struct exchange *exchange, struct err *err) {
    const char *key = exchange->request->name;
    TRY(storage_key_check(key, err));
    return job_may_read(&exchange->attempt->job, key) ? 0 : deny(exchange, "read", "--read", err);
}

// What `quern run` does has no keys of its own that anybody would ever remove.
static int check_writable(struct exchange *exchange, struct err *err) {
    const char *key = exchange->request->name;
    TRY(storage_key_check(key, err));
    if (strncmp(key, "job:", 4) == 0 && !exchange->attempt->delivery->names_jobs)
        return err_set(err, REASON_BAD_INPUT,
                       "%.200s: a run of `quern run` has no keys of a job; keep a file, or write "
                       "another key with --write PREFIX",
                       key);
    return job_may_write(&exchange->attempt->job, key) ? 0 : deny(exchange, "write", "--write", err);
}

// All results of a job share one limit, and what it keeps is one of them.
static int take_payload(struct exchange *exchange, int *ret_fd, struct err *err) {
    uint64_t most = exchange->attempt->job.limits.result_bytes, bytes = 0;
    uint64_t kept = kept_bytes(exchange->attempt, exchange->request->name);
    char text[LIMITS_TEXT_BYTES];
    TRY(payload_check(*exchange->payload, exchange->work_dir, &bytes, err));
    if (kept > most || bytes > most - kept)
        return err_set(err, REASON_LIMIT_OUTPUT,
                       "%.200s: %" PRIu64 " bytes are more than what is left of the %s for all results; --result gives "
                       "more",
                       exchange->request->name, bytes, limits_show_bytes(most, text));
    return payload_copy(*exchange->payload, bytes, ret_fd, err);
}

static int catalogue_of(const struct exchange *exchange, struct catalogue **ret, struct err *err) {
    return exchange->attempt->delivery->kind->catalogue(exchange->attempt, ret, err);
}

// ---- progress and metrics ----

static int progress(struct exchange *exchange, struct err *err) {
    const struct request *request = exchange->request;
    struct requests *requests = &exchange->attempt->requests;
    (void)err;
    if (clock_now_ns() < requests->progress_ns)
        return 0;
    requests->progress_ns = clock_deadline_ns(REQUESTS_PROGRESS_MS);
    double fraction = request->fraction;
    if (fraction >= 0.0 && fraction <= 1.0)
        report_progress(&exchange->attempt->report, "%d%%%s%.200s", (int)floor(fraction * 100.0),
                        request->text[0] ? "  " : "", request->text);
    else
        report_progress(&exchange->attempt->report, "%.200s", request->text);
    return 0;
}

static unsigned depth_of(json_t *value, unsigned most) {
    unsigned deepest = 0;
    size_t i;
    const char *name;
    json_t *part;
    if (most == 0)
        return 1;
    json_array_foreach(value, i, part) {
        unsigned depth = depth_of(part, most - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    json_object_foreach(value, name, part) {
        unsigned depth = depth_of(part, most - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static int check_metric(const struct request *request, char **ret_value, struct err *err) {
    json_error_t fault;
    json_auto_t *value = json_loads(request->text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &fault);
    if (!request->name[0])
        return err_set(err, REASON_BAD_INPUT, "a metric without a name");
    if (!value)
        return err_set(err, REASON_BAD_INPUT, "the metric %.200s: expected JSON: %s", request->name, fault.text);
    if (depth_of(value, REQUEST_MAX_DEPTH) > REQUEST_MAX_DEPTH)
        return err_set(err, REASON_BAD_INPUT, "the metric %.200s: expected at most %u levels of lists and objects",
                       request->name, REQUEST_MAX_DEPTH);
    *ret_value = json_text(value, JSON_ENCODE_ANY | JSON_COMPACT);
    return *ret_value ? 0 : err_set(err, REASON_INFRA, "out of memory for a metric");
}

static int check_room(struct requests *requests, const struct manifest *manifest, size_t bytes, struct err *err) {
    if (manifest->metric_count == MANIFEST_MAX_METRICS)
        return err_set(err, REASON_LIMIT_OUTPUT, "a job logs at most %u metrics; log a list, or keep a file",
                       MANIFEST_MAX_METRICS);
    if (bytes > MANIFEST_MAX_METRIC_BYTES - requests->metric_bytes)
        return err_set(err, REASON_LIMIT_OUTPUT, "the metrics of a job have at most %u KiB; keep a file",
                       MANIFEST_MAX_METRIC_BYTES >> 10);
    requests->metric_bytes += bytes;
    return 0;
}

static int metric(struct exchange *exchange, struct err *err) {
    const struct request *request = exchange->request;
    struct manifest *manifest = &exchange->attempt->manifest;
    auto_free char *value = NULL;
    TRY(check_metric(request, &value, err));
    TRY(check_room(&exchange->attempt->requests, manifest, strlen(request->name) + strlen(value), err));
    struct manifest_metric *grown =
        reallocarray(manifest->metrics, manifest->metric_count + 1, sizeof *manifest->metrics);
    auto_free char *name = grown ? strdup(request->name) : NULL;
    if (grown)
        manifest->metrics = grown;
    if (!name)
        return err_set(err, REASON_INFRA, "out of memory for a metric");
    grown[manifest->metric_count++] = (struct manifest_metric){steal_ptr(&name), steal_ptr(&value)};
    return 0;
}

// ---- what is kept ----

static int file(struct exchange *exchange, struct err *err) {
    int fd = -1;
    TRY(take_payload(exchange, &fd, err));
    return kept_file(exchange->attempt, exchange->request->name, fd, err);
}

static int write_key(struct exchange *exchange, bool segment, struct err *err) {
    int fd = -1;
    char record[JOB_ID_BYTES + 16];
    struct catalogue *catalogue = NULL;
    TRY(check_writable(exchange, err));
    TRY(catalogue_of(exchange, &catalogue, err));
    snprintf(record, sizeof record, "job:%s/job.json", exchange->attempt->job.id);
    if (strcmp(exchange->request->name, record) == 0)
        return err_set(err, REASON_BAD_INPUT, "%s is the job's record", record);
    TRY(take_payload(exchange, &fd, err));
    return kept_key(exchange->attempt, exchange->request->name, fd, segment, err);
}

static int write_dataset(struct exchange *exchange, struct err *err) { return write_key(exchange, true, err); }

static int put(struct exchange *exchange, struct err *err) { return write_key(exchange, false, err); }

static int remove_key(struct exchange *exchange, struct err *err) {
    const char *key = exchange->request->name;
    TRY(check_writable(exchange, err));
    if (kept_forget(exchange->attempt, key))
        return 0;
    exchange->denied = true;
    return err_set(err, REASON_DENIED,
                   "%.200s was not written by this run: a script removes only what it wrote itself; quern dataset rm "
                   "removes others",
                   key);
}

// ---- what is read ----

static int open_key(const struct exchange *exchange, struct storage_object *ret, struct err *err) {
    struct catalogue *catalogue = NULL;
    TRY(catalogue_of(exchange, &catalogue, err));
    return catalogue_get(catalogue, exchange->request->name, NULL, ret, err);
}

static int size_of(int fd, uint64_t *ret, struct err *err) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat");
    *ret = (uint64_t)status.st_size;
    return 0;
}

static int find(struct exchange *exchange, struct err *err) {
    struct catalogue *catalogue = NULL;
    struct storage_pin pin;
    TRY(check_readable(exchange, err));
    const struct attempt_file *written = kept_find(exchange->attempt, exchange->request->name);
    if (written)
        return size_of(written->fd, &exchange->reply->bytes, err);
    TRY(catalogue_of(exchange, &catalogue, err));
    TRY(catalogue_find(catalogue, exchange->request->name, &pin, err));
    exchange->reply->bytes = pin.bytes;
    return 0;
}

static int lend_written(struct exchange *exchange, const struct attempt_file *written, struct err *err) {
    if (!written->segment)
        return err_set(err, REASON_BAD_INPUT, "%.200s: expected a dataset, found bytes that this run wrote",
                       written->name);
    // Not opened anew: the script may have taken the right to that from everybody.
    exchange->segment = fcntl(written->fd, F_DUPFD_CLOEXEC, 0);
    return exchange->segment < 0 ? err_sys(err, REASON_INFRA, "a descriptor of %.200s", written->name) : 0;
}

static int read_dataset(struct exchange *exchange, struct err *err) {
    char *key = (char *)(uintptr_t)exchange->request->name;
    const struct job_input wanted = {.format = JOB_ARROW, .source = {.url = key, .name = key}};
    struct attempt_input in = {.segment = -1, .blob.fd = -1};
    TRY(check_readable(exchange, err));
    const struct attempt_file *written = kept_find(exchange->attempt, key);
    if (written)
        return lend_written(exchange, written, err);
    TRY(open_key(exchange, &in.blob, err));
    int loaded = load_dataset(exchange->attempt, &wanted, &in, err);
    close(in.blob.fd);
    exchange->segment = in.segment;
    return loaded;
}

// The one that was read last, or another one.
static int open_bytes(struct exchange *exchange, int *ret_fd, uint64_t *ret_bytes, struct err *err) {
    struct requests *requests = &exchange->attempt->requests;
    const char *key = exchange->request->name;
    const struct attempt_file *written = kept_find(exchange->attempt, key);
    if (written && written->segment)
        return err_set(err, REASON_BAD_INPUT, "%.200s: expected bytes, found a dataset that this run wrote", key);
    if (written) {
        *ret_fd = written->fd;
        return size_of(written->fd, ret_bytes, err);
    }
    if (strcmp(requests->key, key) != 0 || exchange->request->offset == 0) {
        requests_close(requests);
        TRY(open_key(exchange, &requests->object, err));
        memcpy(requests->key, key, strlen(key) + 1);
    }
    *ret_fd = requests->object.fd;
    *ret_bytes = requests->object.bytes;
    return 0;
}

static int read_bytes(struct exchange *exchange, struct err *err) {
    struct request_reply *reply = exchange->reply;
    int fd = -1;
    TRY(check_readable(exchange, err));
    TRY(open_bytes(exchange, &fd, &reply->bytes, err));
    if (exchange->request->offset >= reply->bytes)
        return 0;
    ssize_t got = pread(fd, reply->data, sizeof reply->data, (off_t)exchange->request->offset);
    if (got < 0)
        return err_sys(err, REASON_INFRA, "%.200s: reading", exchange->request->name);
    reply->count = (uint32_t)got;
    return 0;
}

static int list(struct exchange *exchange, struct err *err) {
    return listing_page(exchange->attempt, exchange->request->name, exchange->request->text, exchange->reply, err);
}

// ---- answering ----

typedef int answer_fn(struct exchange *exchange, struct err *err);

static answer_fn *const answers[] = {
    [REQUEST_PROGRESS] = progress, [REQUEST_METRIC] = metric,       [REQUEST_FILE] = file,
    [REQUEST_FIND] = find,         [REQUEST_READ] = read_dataset,   [REQUEST_BYTES] = read_bytes,
    [REQUEST_LIST] = list,         [REQUEST_WRITE] = write_dataset, [REQUEST_PUT] = put,
    [REQUEST_REMOVE] = remove_key,
};

// What is the asker's to know. All else is ours: the job is tried again, or we are told of a fault.
static bool is_askers(const struct exchange *exchange, const struct err *why) {
    switch (why->reason) {
    case REASON_NOT_FOUND:
    case REASON_BAD_INPUT:
    case REASON_BAD_RESULT:
    case REASON_LIMIT_MEMORY:
    case REASON_LIMIT_DISK:
    case REASON_LIMIT_OUTPUT:
        return true;
    case REASON_DENIED:
        return exchange->denied;
    default:
        return false;
    }
}

static void refuse(struct request_reply *reply, const struct err *why) {
    reply->reason = why->reason;
    reply->count = (uint32_t)strnlen(why->msg, sizeof why->msg);
    memcpy(reply->data, why->msg, reply->count);
}

// Whoever does not take its reply, or gave us no socket, goes without.
static void send_reply(const struct exchange *exchange, int to) {
    struct err ignored;
    size_t bytes = REQUEST_REPLY_HEAD + exchange->reply->count;
    (void)!record_post(to, exchange->reply, bytes, &exchange->segment, exchange->segment >= 0, &ignored);
}

static int answer(struct exchange *exchange, int reply_to, struct err *err) {
    struct err why = {0};
    if (answers[exchange->request->kind](exchange, &why) < 0) {
        if (!is_askers(exchange, &why)) {
            *err = why;
            return -1;
        }
        refuse(exchange->reply, &why);
    }
    if (reply_to >= 0)
        send_reply(exchange, reply_to);
    return 0;
}

int requests_answer(struct attempt *attempt, int work_dir, struct request *request, const int *fds, size_t fd_count,
                    struct err *err) {
    struct requests *requests = &attempt->requests;
    struct request_reply reply;
    reply.reason = reply.count = 0;
    reply.bytes = 0;
    struct exchange exchange = {.attempt = attempt,
                                .request = request,
                                .work_dir = work_dir,
                                .payload = fd_count > 1 ? &fds[1] : NULL,
                                .reply = &reply,
                                .segment = -1};
    int done = request_check(request, fd_count, err);
    if (done == 0 && request->kind != REQUEST_PROGRESS && ++requests->count > REQUEST_MAX)
        done = err_set(err, REASON_BAD_RESULT, "the script asked more than %u times", REQUEST_MAX);
    if (done == 0)
        done = answer(&exchange, fd_count ? fds[0] : -1, err);
    own_close(&exchange.segment);
    return done;
}

void requests_close(struct requests *requests) {
    if (requests->key[0])
        close(requests->object.fd);
    requests->key[0] = '\0';
}
