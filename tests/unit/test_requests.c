// SPDX-License-Identifier: Apache-2.0
// What a script asks its worker, well meant and hostile, over a real store.
#include "storage_scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/worker/attempt.h"
#include "daemon/worker/kept.h"
#include "quern/memory.h"
#include "quern/record.h"

struct world {
    struct delivery base; // first: it is the attempt's delivery
    void *scratch;
    struct storage *storage;
    struct catalogue *catalogue;
    struct attempt attempt;
    char told[16][256];
    uint32_t told_count;
    struct request request;
    struct request_reply reply;
    int reply_fd; // that came with it, or -1
    int work_dir;
    unsigned looked_up; // how often somebody wanted the catalogue
};

static int give_catalogue(struct attempt *attempt, struct catalogue **ret, struct err *err) {
    (void)err;
    struct world *world = (struct world *)attempt->delivery;
    world->looked_up++;
    *ret = world->catalogue;
    return 0;
}

static void tell(struct attempt *attempt, const struct event *event, int fd) {
    struct world *world = (struct world *)attempt->delivery;
    (void)fd;
    assert_int_equal(event->kind, EVENT_PROGRESS);
    assert_true(world->told_count < 16);
    snprintf(world->told[world->told_count++], sizeof world->told[0], "%.255s", event->text);
}

static const struct delivery_kind kind = {.catalogue = give_catalogue, .tell = tell};

// The codec and the supervisor have tests of their own; here a dataset is its bytes.
int load_dataset(struct attempt *attempt, const struct job_input *wanted, struct attempt_input *in, struct err *err) {
    (void)attempt;
    if (strcmp(wanted->source.name, "team/damaged") == 0)
        return err_set(err, REASON_BAD_INPUT, "team/damaged: no Arrow file");
    if (strcmp(wanted->source.name, "team/away") == 0)
        return err_set(err, REASON_UNREACHABLE, "the store is away");
    in->segment = memory_reopen(in->blob.fd, err);
    return in->segment < 0 ? -1 : 0;
}

static int setup(void **state) {
    static char *read[] = {"team"}, *write[] = {"team/out"};
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    scratch_file_setup(&world->scratch);
    world->storage = scratch_store(world->scratch);
    assert_int_equal(catalogue_of_store(world->storage, &world->catalogue, NULL), 0);
    world->base = (struct delivery){.kind = &kind, .names_jobs = true};
    attempt_init(&world->attempt, NULL, &world->base);
    uint8_t origins[LIMITS_COUNT];
    job_defaults(&world->attempt.job);
    limits_settle(&world->attempt.job.limits, &(struct limits_layers){0}, 1, origins);
    snprintf(world->attempt.job.id, sizeof world->attempt.job.id, "j1");
    world->attempt.job.read = read;
    world->attempt.job.write = write;
    world->attempt.job.read_count = world->attempt.job.write_count = 1;
    world->reply_fd = -1;
    world->work_dir = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC); // as memory files are, in memory
    assert_true(world->work_dir >= 0);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    world->attempt.job.read = world->attempt.job.write = NULL;
    world->attempt.job.read_count = world->attempt.job.write_count = 0;
    own_close(&world->reply_fd);
    own_close(&world->work_dir);
    attempt_done(&world->attempt);
    catalogue_close(world->catalogue);
    storage_close(world->storage);
    scratch_teardown(&world->scratch);
    free(world);
    return 0;
}

static struct request *request_of(struct world *world, enum request_kind what, const char *name, const char *text) {
    world->request = (struct request){.kind = what};
    snprintf(world->request.name, sizeof world->request.name, "%s", name);
    snprintf(world->request.text, sizeof world->request.text, "%s", text);
    return &world->request;
}

// Sends the request that stands in the world; `payload` passes. The message of a refusal is terminated.
static void send_request(struct world *world, int payload) {
    int ends[2];
    struct err err = {0};
    assert_int_equal(record_pair(ends, NULL), 0);
    int fds[] = {ends[1], payload};
    if (requests_answer(&world->attempt, world->work_dir, &world->request, fds, payload >= 0 ? 2 : 1, &err) < 0)
        fail_msg("%s", err.msg);
    own_close(&fds[0]);
    own_close(&fds[1]);
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec part = {&world->reply, sizeof world->reply};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(ends[0], &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    assert_true(got >= (ssize_t)REQUEST_REPLY_HEAD);
    assert_int_equal(got, REQUEST_REPLY_HEAD + world->reply.count);
    own_close(&world->reply_fd);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header)
        memcpy(&world->reply_fd, CMSG_DATA(header), sizeof world->reply_fd);
    if (world->reply.count < sizeof world->reply.data)
        world->reply.data[world->reply.count] = '\0';
    close(ends[0]);
}

static struct request_reply *ask(struct world *world, enum request_kind what, const char *name, const char *text,
                                 int payload) {
    request_of(world, what, name, text);
    send_request(world, payload);
    return &world->reply;
}

static void refused(struct world *world, enum request_kind what, const char *name, int payload, enum reason reason,
                    const char *message) {
    const struct request_reply *reply = ask(world, what, name, "1", payload);
    assert_string_equal(reply->data, message);
    assert_int_equal(reply->reason, reason);
}

static void done(struct world *world, enum request_kind what, const char *name, const char *text, int payload) {
    const struct request_reply *reply = ask(world, what, name, text, payload);
    if (reply->reason)
        fail_msg("%s", reply->data);
}

/* ---- reading and writing ---- */

static void b_what_is_written_is_read_by_the_same_run_alone(void **state) {
    struct world *world = *state;
    done(world, REQUEST_PUT, "team/out/a", "", scratch_source("hello"));
    done(world, REQUEST_FIND, "team/out/a", "", -1);
    assert_int_equal(world->reply.bytes, 5);
    done(world, REQUEST_BYTES, "team/out/a", "", -1);
    assert_string_equal(world->reply.data, "hello");
    done(world, REQUEST_LIST, "team/", "", -1);
    assert_string_equal(world->reply.data, "5 team/out/a\n");
    struct storage_pin pin;
    struct err err;
    assert_int_equal(catalogue_find(world->catalogue, "team/out/a", &pin, &err), -1);
    assert_int_equal(err.reason, REASON_NOT_FOUND);
    done(world, REQUEST_PUT, "team/out/a", "", scratch_source("again"));
    assert_int_equal(world->attempt.written_count, 1);
    done(world, REQUEST_REMOVE, "team/out/a", "", -1);
    refused(world, REQUEST_FIND, "team/out/a", -1, REASON_NOT_FOUND, "team/out/a: no such key");
}

static void b_bytes_come_in_pieces(void **state) {
    struct world *world = *state;
    size_t bytes = REQUEST_DATA_BYTES + 10;
    auto_free char *text = malloc(bytes + 1);
    memset(text, 'x', bytes);
    memcpy(text + REQUEST_DATA_BYTES, "0123456789", 11);
    scratch_name(world->storage, 1, "team/big", text);
    done(world, REQUEST_BYTES, "team/big", "", -1);
    assert_int_equal(world->reply.bytes, bytes);
    assert_int_equal(world->reply.count, REQUEST_DATA_BYTES);
    // A new version meanwhile: what was begun is read to its end.
    scratch_name(world->storage, 2, "team/big", "new");
    request_of(world, REQUEST_BYTES, "team/big", "")->offset = REQUEST_DATA_BYTES;
    send_request(world, -1);
    assert_string_equal(world->reply.data, "0123456789");
    request_of(world, REQUEST_BYTES, "team/big", "")->offset = UINT64_MAX;
    send_request(world, -1);
    assert_int_equal(world->reply.count, 0);
    done(world, REQUEST_BYTES, "team/big", "", -1);
    assert_string_equal(world->reply.data, "new");
}

static void b_a_dataset_is_lent(void **state) {
    struct world *world = *state;
    scratch_name(world->storage, 1, "team/patients", "a segment");
    done(world, REQUEST_READ, "team/patients", "", -1);
    assert_true(world->reply_fd >= 0);
    assert_int_equal(write(world->reply_fd, "x", 1), -1);
    done(world, REQUEST_WRITE, "team/out/frame", "", scratch_source("another"));
    done(world, REQUEST_READ, "team/out/frame", "", -1);
    assert_true(world->reply_fd >= 0);
    refused(world, REQUEST_BYTES, "team/out/frame", -1, REASON_BAD_INPUT,
            "team/out/frame: expected bytes, found a dataset that this run wrote");
    done(world, REQUEST_PUT, "team/out/raw", "", scratch_source("bytes"));
    refused(world, REQUEST_READ, "team/out/raw", -1, REASON_BAD_INPUT,
            "team/out/raw: expected a dataset, found bytes that this run wrote");
    assert_true(world->reply_fd < 0);
    scratch_name(world->storage, 1, "team/damaged", "x");
    refused(world, REQUEST_READ, "team/damaged", -1, REASON_BAD_INPUT, "team/damaged: no Arrow file");
}

static void b_lists_come_in_pages(void **state) {
    struct world *world = *state;
    char key[300], last[300] = "";
    unsigned count = 0, pages = 0;
    for (int i = 0; i < 300; i++) {
        snprintf(key, sizeof key, "team/%0250d", i);
        scratch_name(world->storage, 1, key, "x");
    }
    for (;;) {
        done(world, REQUEST_LIST, "team/", last, -1);
        if (world->reply.bytes == 0)
            break;
        count += (unsigned)world->reply.bytes;
        pages++;
        const char *line = world->reply.data + world->reply.count - 256;
        snprintf(last, sizeof last, "%.255s", line);
    }
    assert_int_equal(count, 300);
    assert_int_equal(pages, 2);
}

static void b_a_list_has_what_may_be_read_in_order(void **state) {
    static const char *const keys[] = {"team", "team-x/1", "team/a", "team/b/c", "teams", "z", "z1"};
    static char *read[] = {"z", "team/b", "team/", "team-x"};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        scratch_name(world->storage, i + 1, keys[i], "x");
    world->attempt.job.read = read;
    world->attempt.job.read_count = 4;
    done(world, REQUEST_LIST, "", "", -1);
    assert_string_equal(world->reply.data, "1 team\n1 team-x/1\n1 team/a\n1 team/b/c\n1 z\n");
    done(world, REQUEST_LIST, "team", "team-x/1", -1);
    assert_string_equal(world->reply.data, "1 team/a\n1 team/b/c\n");
    done(world, REQUEST_LIST, "team/b", "", -1);
    assert_string_equal(world->reply.data, "1 team/b/c\n");
    world->attempt.job.read = NULL;
    done(world, REQUEST_LIST, "z", "", -1);
    assert_string_equal(world->reply.data, "1 z\n1 z1\n");
}

static void f_what_may_not_be_read_is_not_looked_for(void **state) {
    struct world *world = *state;
    scratch_name(world->storage, 1, "other/secret", "x");
    done(world, REQUEST_LIST, "other/", "", -1);
    assert_string_equal(world->reply.data, "");
    done(world, REQUEST_LIST, "teams", "", -1);
    assert_int_equal(world->looked_up, 0);
    done(world, REQUEST_LIST, "team/", "", -1);
    assert_int_equal(world->looked_up, 1);
}

static void f_prefixes_bound_what_is_read_and_written(void **state) {
    struct world *world = *state;
    scratch_name(world->storage, 1, "other/secret", "x");
    scratch_name(world->storage, 1, "teams", "x");
    refused(world, REQUEST_READ, "other/secret", -1, REASON_DENIED,
            "this job may not read other/secret; submit or run it with --read PREFIX");
    refused(world, REQUEST_BYTES, "teams", -1, REASON_DENIED,
            "this job may not read teams; submit or run it with --read PREFIX");
    refused(world, REQUEST_FIND, "other/secret", -1, REASON_DENIED,
            "this job may not read other/secret; submit or run it with --read PREFIX");
    refused(world, REQUEST_PUT, "team/x", scratch_source("x"), REASON_DENIED,
            "this job may not write team/x; submit or run it with --write PREFIX");
    refused(world, REQUEST_WRITE, "job:j2/a", scratch_source("x"), REASON_DENIED,
            "this job may not write job:j2/a; submit or run it with --write PREFIX");
    refused(world, REQUEST_PUT, "job:j1/job.json", scratch_source("x"), REASON_BAD_INPUT,
            "job:j1/job.json is the job's record");
    refused(world, REQUEST_PUT, "team/out/../../x", scratch_source("x"), REASON_BAD_INPUT,
            "key \"team/out/../../x\": expected no part `.` or `..`, found one");
    refused(world, REQUEST_REMOVE, "team/out/theirs", -1, REASON_DENIED,
            "team/out/theirs was not written by this run: a script removes only what it wrote itself; quern dataset rm "
            "removes others");
    done(world, REQUEST_LIST, "", "", -1);
    assert_string_equal(world->reply.data, "");
    world->base.names_jobs = false;
    refused(
        world, REQUEST_PUT, "job:j1/a", scratch_source("x"), REASON_BAD_INPUT,
        "job:j1/a: a run of `quern run` has no keys of a job; keep a file, or write another key with --write PREFIX");
    assert_int_equal(world->attempt.written_count, 0);
}

static void f_a_payload_is_a_regular_file_and_copied(void **state) {
    struct world *world = *state;
    int ends[2];
    struct err err;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    static const char other[] =
        "expected a file of the work directory to be handed over, found another kind of descriptor";
    refused(world, REQUEST_FILE, "a", ends[0], REASON_BAD_RESULT, other);
    close(ends[1]);
    refused(world, REQUEST_FILE, "a", open("/proc/self/stat", O_RDONLY), REASON_BAD_RESULT, other);
    refused(world, REQUEST_FILE, "a", open("/dev/shm", O_RDONLY), REASON_BAD_RESULT, other);
    int own = memory_new("own", 10, &err);
    done(world, REQUEST_PUT, "team/out/a", "", dup(own));
    assert_int_equal(pwrite(own, "changed", 7, 0), 7);
    close(own);
    done(world, REQUEST_BYTES, "team/out/a", "", -1);
    assert_int_equal(world->reply.count, 10);
    assert_memory_equal(world->reply.data, "\0\0\0\0\0\0\0\0\0\0", 10);
    int large = memory_new("large", 3 << 20, &err);
    world->attempt.job.limits.result_bytes = 4 << 20;
    done(world, REQUEST_FILE, "a", "", dup(large));
    done(world, REQUEST_FILE, "a", "", dup(large));
    refused(world, REQUEST_FILE, "b", large, REASON_LIMIT_OUTPUT,
            "b: 3145728 bytes are more than what is left of the 4 MiB for all results; --result gives more");
    int sparse = memory_new("sparse", UINT64_C(1) << 50, &err);
    refused(world, REQUEST_FILE, "b", sparse, REASON_LIMIT_OUTPUT,
            "b: 1125899906842624 bytes are more than what is left of the 4 MiB for all results; --result gives more");
}

static void f_names_of_files_stay_below(void **state) {
    static const char *const bad[] = {"", "/etc/passwd", "../a", "a/../b", "a//b", "a:b", "a*"};
    struct world *world = *state;
    char message[300];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(message, sizeof message,
                 "'%s' is not a name for a file: expected a relative path of at most 255 bytes without control "
                 "characters and { } [ ] * ? %% \\ :",
                 bad[i]);
        refused(world, REQUEST_FILE, bad[i], scratch_source("x"), REASON_BAD_RESULT, message);
    }
    done(world, REQUEST_FILE, "a/b", "", scratch_source("x"));
    refused(world, REQUEST_FILE, "a/b/c", scratch_source("x"), REASON_BAD_RESULT,
            "'a/b/c' cannot be kept beside 'a/b': a file is no directory");
    refused(world, REQUEST_FILE, "a", scratch_source("x"), REASON_BAD_RESULT,
            "'a' cannot be kept beside 'a/b': a file is no directory");
    done(world, REQUEST_FILE, "ab", "", scratch_source("x"));
    assert_int_equal(world->attempt.file_count, 2);
}

/* ---- what is no request ---- */

static void ends_the_job(struct world *world, size_t fd_count, const char *message) {
    struct err err = {0};
    int fds[2] = {open("/dev/null", O_RDONLY), open("/dev/null", O_RDONLY)};
    assert_int_equal(requests_answer(&world->attempt, world->work_dir, &world->request, fds, fd_count, &err), -1);
    own_close(&fds[0]);
    own_close(&fds[1]);
    assert_int_equal(err.reason, REASON_BAD_RESULT);
    assert_string_equal(err.msg, message);
}

static void f_what_is_no_request_ends_the_job(void **state) {
    struct world *world = *state;
    request_of(world, 0, "", "");
    ends_the_job(world, 1, "request 0 of the script's process is unknown");
    world->request.kind = 11;
    ends_the_job(world, 2, "request 11 of the script's process is unknown");
    request_of(world, REQUEST_PUT, "a", "");
    ends_the_job(world, 1, "request 9 of the script's process: expected 2 descriptors, found 1");
    request_of(world, REQUEST_PROGRESS, "", "");
    ends_the_job(world, 1, "request 1 of the script's process: expected 0 descriptors, found 1");
    request_of(world, REQUEST_FIND, "\xff", "");
    ends_the_job(world, 1, "a request of the script's process: expected a name of UTF-8");
    memset(request_of(world, REQUEST_METRIC, "a", "")->text, '1', REQUEST_TEXT_BYTES);
    ends_the_job(world, 1, "a request of the script's process: expected a text of UTF-8");
    request_of(world, REQUEST_FIND, "a", "");
    world->attempt.requests.count = REQUEST_MAX;
    ends_the_job(world, 1, "the script asked more than 1000000 times");
}

static void f_whoever_takes_no_reply_holds_nobody_up(void **state) {
    struct world *world = *state;
    struct err err;
    int null = open("/dev/null", O_RDWR), ends[2];
    request_of(world, REQUEST_LIST, "", "");
    assert_int_equal(requests_answer(&world->attempt, world->work_dir, &world->request, &null, 1, &err), 0);
    assert_int_equal(record_pair(ends, NULL), 0);
    while (record_post(ends[1], &world->reply, sizeof world->reply, NULL, 0, &err) == 0)
        ;
    assert_int_equal(requests_answer(&world->attempt, world->work_dir, &world->request, &ends[1], 1, &err), 0);
    close(ends[0]);
    close(ends[1]);
    close(null);
}

static void f_what_our_services_lack_is_no_fault_of_the_script(void **state) {
    struct world *world = *state;
    struct err err;
    int null = open("/dev/null", O_RDWR);
    scratch_name(world->storage, 1, "team/away", "x");
    request_of(world, REQUEST_READ, "team/away", "");
    assert_int_equal(requests_answer(&world->attempt, world->work_dir, &world->request, &null, 1, &err), -1);
    assert_int_equal(err.reason, REASON_UNREACHABLE);
    assert_string_equal(err.msg, "the store is away");
}

/* ---- metrics and progress ---- */

static void m_metrics_stay_in_their_order(void **state) {
    struct world *world = *state;
    done(world, REQUEST_METRIC, "loss", "0.5", -1);
    done(world, REQUEST_METRIC, "confusion", " { \"x\" : [1, 2] } ", -1);
    done(world, REQUEST_METRIC, "loss", "0.25", -1);
    const struct manifest *manifest = &world->attempt.manifest;
    assert_int_equal(manifest->metric_count, 3);
    assert_string_equal(manifest->metrics[1].name, "confusion");
    assert_string_equal(manifest->metrics[1].value, "{\"x\":[1,2]}");
    assert_string_equal(manifest->metrics[2].value, "0.25");
}

static void l_metrics_have_ceilings(void **state) {
    struct world *world = *state;
    char large[REQUEST_TEXT_BYTES];
    refused(world, REQUEST_METRIC, "", -1, REASON_BAD_INPUT, "a metric without a name");
    assert_string_equal(ask(world, REQUEST_METRIC, "a", "NaN", -1)->data,
                        "the metric a: expected JSON: invalid token near 'NaN'");
    assert_string_equal(ask(world, REQUEST_METRIC, "a", "[[[[[[[[1]]]]]]]]", -1)->data,
                        "the metric a: expected at most 8 levels of lists and objects");
    done(world, REQUEST_METRIC, "a", "[[[[[[[1]]]]]]]", -1);
    memset(large, 'x', sizeof large - 1);
    large[0] = large[sizeof large - 2] = '"';
    large[sizeof large - 1] = '\0';
    for (int i = 0; i < 15; i++)
        done(world, REQUEST_METRIC, "a", large, -1);
    while (ask(world, REQUEST_METRIC, "a", large, -1)->reason == 0)
        ;
    assert_string_equal(world->reply.data, "the metrics of a job have at most 256 KiB; keep a file");
    assert_int_equal(world->reply.reason, REASON_LIMIT_OUTPUT);
    world->attempt.requests.metric_bytes = 0;
    while (ask(world, REQUEST_METRIC, "a", "1", -1)->reason == 0)
        ;
    assert_string_equal(world->reply.data, "a job logs at most 10000 metrics; log a list, or keep a file");
    assert_int_equal(world->attempt.manifest.metric_count, 10000);
}

static void l_files_and_keys_have_ceilings(void **state) {
    struct world *world = *state;
    char name[40];
    for (int i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "f%d", i);
        done(world, REQUEST_FILE, name, "", scratch_source("x"));
    }
    done(world, REQUEST_FILE, "f7", "", scratch_source("y"));
    refused(world, REQUEST_FILE, "more", scratch_source("x"), REASON_BAD_RESULT,
            "this job keeps at most 256 files (--files); put more into one archive");
    world->attempt.job.limits.files = 4;
    refused(world, REQUEST_FILE, "more", scratch_source("x"), REASON_BAD_RESULT,
            "this job keeps at most 4 files (--files); put more into one archive");
    for (int i = 0; i < 64; i++) {
        snprintf(name, sizeof name, "team/out/%d", i);
        done(world, REQUEST_PUT, name, "", scratch_source("x"));
    }
    refused(world, REQUEST_PUT, "team/out/more", scratch_source("x"), REASON_BAD_RESULT,
            "a script writes at most 64 keys");
}

static void b_progress_is_passed_on_now_and_then(void **state) {
    struct world *world = *state;
    struct err err;
    for (int i = 0; i < 100; i++) {
        request_of(world, REQUEST_PROGRESS, "", "epoch\n\x1b[2J 4")->fraction = 0.427;
        assert_int_equal(requests_answer(&world->attempt, world->work_dir, &world->request, NULL, 0, &err), 0);
    }
    assert_true(world->told_count >= 1 && world->told_count < 16);
    assert_string_equal(world->told[0], "42%  epoch ?[2J 4");
    world->attempt.requests.progress_ns = 0;
    request_of(world, REQUEST_PROGRESS, "", "now")->fraction = 7;
    uint32_t before = world->told_count;
    assert_int_equal(requests_answer(&world->attempt, world->work_dir, &world->request, NULL, 0, &err), 0);
    assert_string_equal(world->told[before], "now");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b_what_is_written_is_read_by_the_same_run_alone),
        TEST(b_bytes_come_in_pieces),
        TEST(b_a_dataset_is_lent),
        TEST(b_lists_come_in_pages),
        TEST(b_a_list_has_what_may_be_read_in_order),
        TEST(f_what_may_not_be_read_is_not_looked_for),
        TEST(f_prefixes_bound_what_is_read_and_written),
        TEST(f_a_payload_is_a_regular_file_and_copied),
        TEST(f_names_of_files_stay_below),
        TEST(f_what_is_no_request_ends_the_job),
        TEST(f_whoever_takes_no_reply_holds_nobody_up),
        TEST(f_what_our_services_lack_is_no_fault_of_the_script),
        TEST(m_metrics_stay_in_their_order),
        TEST(l_metrics_have_ceilings),
        TEST(l_files_and_keys_have_ceilings),
        TEST(b_progress_is_passed_on_now_and_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
