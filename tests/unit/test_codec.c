// SPDX-License-Identifier: Apache-2.0
// The real quern-codec, asked through the client and, where the client would not, record by record.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/codec.h"
#include "quern/dataset.h"
#include "quern/jail.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "segment_sample.h"

enum { ROWS = 5000, DEADLINE_MS = 20000 };

struct fixture {
    pid_t pid;
    int supervisor;
    struct codec codec;
    int open_before;
};

static int count_entries(const char *path) {
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

// As the supervisor does it: in namespaces of its own.
static void start(struct fixture *fixture, int requests, int supervisor) {
    static const char *const argv[] = {"quern-codec", NULL}, *const environ[] = {NULL};
    const int fds[] = {requests, supervisor};
    struct jail_spawn spawn = {
        .program = QUERN_CODEC_PROGRAM, .argv = argv, .environ = environ, .fds = fds, .fd_count = 2, .isolate = true};
    struct err err;
    int pidfd;
    if (jail_spawn(&spawn, &pidfd, &fixture->pid, &err) < 0)
        fail_msg("%s", err.msg);
    close(pidfd);
}

static int setup(void **state) {
    struct err err;
    int requests[2], supervisor[2];
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->open_before = count_entries("/proc/self/fd");
    assert_int_equal(record_pair(requests, &err), 0);
    assert_int_equal(record_pair(supervisor, &err), 0);
    start(fixture, requests[1], supervisor[1]);
    close(requests[1]);
    close(supervisor[1]);
    fixture->supervisor = supervisor[0];
    fixture->codec.requests = requests[0];
    codec_ceilings_default(&fixture->codec.ceilings);
    *state = fixture;
    return 0;
}

static void wait_gone(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

// Each test proves that quern-codec ends with its supervisor and that the client lost no descriptor.
static int teardown(void **state) {
    struct fixture *fixture = *state;
    close(fixture->supervisor);
    if (fixture->pid > 0)
        wait_gone(fixture->pid);
    close(fixture->codec.requests);
    assert_int_equal(count_entries("/proc/self/fd"), fixture->open_before);
    free(fixture);
    return 0;
}

static size_t children_of(pid_t parent, pid_t *pids, size_t max) {
    char path[64];
    size_t count = 0;
    long pid;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (count < max && fscanf(file, "%ld", &pid) == 1)
        pids[count++] = (pid_t)pid;
    fclose(file);
    return count;
}

static void wait_for_children(pid_t parent, size_t wanted) {
    pid_t pids[64];
    uint64_t deadline = clock_deadline_ns(DEADLINE_MS);
    while (children_of(parent, pids, 64) != wanted) {
        assert_true(clock_now_ns() < deadline);
        poll(NULL, 0, 1);
    }
}

static int sample_file(uint64_t rows) {
    uint64_t bytes;
    auto_free void *segment = segment_sample(rows, SAMPLE_COLUMNS, true, &bytes);
    return segment_sample_file(segment, bytes);
}

static int new_output(void) {
    struct err err;
    int fd = memory_new("output", 0, &err);
    assert_true(fd >= 0);
    return fd;
}

static int sample_arrow(uint64_t rows) {
    uint64_t bytes, written;
    struct err err;
    auto_free void *segment = segment_sample(rows, SAMPLE_COLUMNS, true, &bytes);
    int fd = new_output();
    if (dataset_write(segment, fd, 0, 1, &written, &err) < 0)
        fail_msg("%s", err.msg);
    return fd;
}

// ---- a grant that does something first ----

struct granting {
    const struct fixture *fixture;
    int kills;    // how many more children to kill instead of letting them go on
    int truncate; // a file to cut before the child goes on, or -1
    int kept;     // a second descriptor of the file, or -1
    int calls;
    uint32_t columns; // expected
};

static int grant(void *context, uint64_t bytes, uint64_t rows, uint32_t columns, struct err *err) {
    struct granting *granting = context;
    pid_t child;
    assert_int_equal(columns, granting->columns);
    assert_true(rows > 0);
    granting->calls++;
    if (granting->kills-- > 0) {
        assert_int_equal(children_of(granting->fixture->pid, &child, 1), 1);
        assert_int_equal(kill(child, SIGKILL), 0);
    }
    if (granting->truncate >= 0)
        assert_int_equal(ftruncate(granting->truncate, 0), 0);
    int fd = memory_new("segment", bytes, err);
    if (granting->kept >= 0)
        close(granting->kept);
    granting->kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return fd;
}

static struct granting granting_of(const struct fixture *fixture) {
    return (struct granting){.fixture = fixture, .truncate = -1, .kept = -1, .columns = SAMPLE_COLUMNS};
}

static void done_granting(struct granting *granting) {
    if (granting->kept >= 0)
        close(granting->kept);
}
#define auto_granting __attribute__((cleanup(done_granting)))

static int decode(struct fixture *fixture, int blob, struct granting *granting, struct codec_outcome *outcome,
                  struct err *err) {
    return codec_decode(&fixture->codec, blob, SEGMENT_PROFILE_NS, grant, granting, outcome, err);
}

// ---- basic ----

static void b_decode(void **state) {
    struct fixture *fixture = *state;
    auto_granting struct granting granting = granting_of(fixture);
    struct codec_outcome outcome, checked;
    struct err err;
    uint64_t bytes;
    auto_fd int blob = sample_arrow(ROWS);
    if (decode(fixture, blob, &granting, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(outcome.rows, ROWS);
    assert_int_equal(outcome.columns, SAMPLE_COLUMNS);
    assert_int_equal(granting.calls, 1);
    assert_int_equal(memory_check(granting.kept, outcome.bytes, &bytes, &err), 0);
    assert_int_equal(bytes, outcome.bytes);
    if (codec_check(&fixture->codec, granting.kept, &checked, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(checked.rows, ROWS);
    assert_int_equal(checked.bytes, outcome.bytes);
}

static void b_arff(void **state) {
    static const char good[] = "@attribute a real\n@attribute s string\n@data\n1,'\\u0041'\n2,?\n", bad[] = "a,b\n";
    struct fixture *fixture = *state;
    auto_granting struct granting granting = granting_of(fixture);
    struct codec_outcome outcome, checked;
    struct err err;
    auto_fd int blob = memory_from("blob", good, sizeof good - 1, &err), other = -1;
    granting.columns = 2;
    if (codec_arff(&fixture->codec, blob, SEGMENT_PROFILE_NS, grant, &granting, &outcome, &err) < 0 ||
        codec_check(&fixture->codec, granting.kept, &checked, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(checked.rows, 2);
    assert_int_equal(checked.columns, 2);
    other = memory_from("blob", bad, sizeof bad - 1, &err);
    assert_int_equal(codec_arff(&fixture->codec, other, SEGMENT_PROFILE_NS, grant, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, "line 1, column 1: expected @relation, @attribute or @data, found a");
}

static void b_encode_is_what_the_library_writes(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t wanted_bytes, found_bytes;
    auto_free char *wanted = NULL, *found = NULL;
    auto_fd int segment = sample_file(ROWS), output = new_output(), arrow = sample_arrow(ROWS);
    if (codec_encode(&fixture->codec, segment, CODEC_UNCHECKED, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(outcome.rows, ROWS);
    assert_int_equal(outcome.columns, SAMPLE_COLUMNS);
    assert_int_equal(memory_read(output, "output", 1u << 30, &found, &found_bytes, &err), 0);
    assert_int_equal(memory_read(arrow, "arrow", 1u << 30, &wanted, &wanted_bytes, &err), 0);
    assert_int_equal(outcome.bytes, found_bytes);
    assert_int_equal(found_bytes, wanted_bytes);
    assert_memory_equal(found, wanted, wanted_bytes);
}

// zstd's own threads have to be possible in the jail.
static void b_encode_one_large_column(void **state) {
    enum { MANY = 9000000 };
    struct fixture *fixture = *state;
    struct segment_spec spec = {
        .kind = SEGMENT_INT64, .length = MANY, .dictionary = SEGMENT_NO_DICTIONARY, .name = "n", .name_bytes = 1};
    struct segment_shape shape = {&spec, 1, 1, MANY, SEGMENT_PROFILE_NS};
    struct codec_outcome outcome;
    struct err err;
    uint64_t bytes;
    auto_free void *zeros = segment_make(&shape, &bytes);
    auto_fd int segment = segment_sample_file(zeros, bytes), output = new_output();
    if (codec_encode(&fixture->codec, segment, CODEC_UNCHECKED, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(outcome.rows, MANY);
    assert_true(outcome.bytes < 100000);
}

// What the worker vouches for is not walked through again; what keeps the program in its memory is looked at always.
static void b_values_of_a_checked_segment_are_not_checked_again(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    uint64_t bytes;
    auto_free void *segment = segment_sample(ROWS, SAMPLE_COLUMNS, true, &bytes);
    auto_fd int output = new_output();
    segment_array(segment, 9)->null_count++;
    auto_fd int miscounted = segment_sample_file(segment, bytes);
    assert_int_equal(codec_head(&fixture->codec, miscounted, CODEC_CHECKED, 1, output, &outcome, &err), 0);
    assert_int_equal(outcome.rows, ROWS);
    assert_int_equal(codec_check(&fixture->codec, miscounted, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its entry counts 1001 nulls, its values 1000");
    segment_array(segment, 9)->values.offset += 1ull << 40;
    auto_fd int outside = segment_sample_file(segment, bytes);
    assert_int_equal(codec_head(&fixture->codec, outside, CODEC_CHECKED, 1, output, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its values lie outside or overlap");
}

static void b_head(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t bytes;
    auto_free char *text = NULL;
    auto_fd int segment = sample_file(ROWS), output = new_output();
    if (codec_head(&fixture->codec, segment, CODEC_UNCHECKED, 2, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_read(output, "head", 1u << 20, &text, &bytes, &err), 0);
    assert_int_equal(outcome.bytes, bytes);
    assert_int_equal(strncmp(text, "{\"rows\":5000,\"columns\":[{\"name\":\"i8\",", 37), 0);
}

static void b_profile(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t bytes;
    auto_free char *text = NULL;
    auto_fd int segment = sample_file(ROWS), output = new_output();
    if (codec_profile(&fixture->codec, segment, CODEC_UNCHECKED, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_read(output, "profile", 1u << 20, &text, &bytes, &err), 0);
    assert_int_equal(outcome.bytes, bytes);
    assert_int_equal(strncmp(text, "{\"rows\":5000,\"columns\":[{\"name\":\"i8\",", 37), 0);
    assert_non_null(strstr(text, "\"histogram\":["));
}

static void b_text(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t bytes, lines = 0;
    auto_free char *text = NULL;
    auto_fd int segment = sample_file(ROWS), output = new_output();
    if (codec_text(&fixture->codec, segment, CODEC_UNCHECKED, '\t', output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_read(output, "text", 1u << 24, &text, &bytes, &err), 0);
    assert_int_equal(outcome.bytes, bytes);
    assert_int_equal(strncmp(text, "i8\t", 3), 0);
    for (size_t i = 0; i < bytes; i++)
        lines += text[i] == '\n';
    assert_true(lines >= ROWS + 1);
}

static int picture_file(uint32_t width, uint32_t height) {
    static uint8_t pixels[64 * 64 * 4];
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGBA};
    char bytes[8192];
    png_alloc_size_t count = sizeof bytes;
    struct err err;
    assert_true(png_image_write_to_memory(&image, bytes, &count, 0, pixels, 0, NULL));
    int fd = memory_from("picture", bytes, count, &err);
    assert_true(fd >= 0);
    return fd;
}

struct heard {
    int warnings;
    uint32_t picture;
};

static void hear(void *context, uint32_t picture, const char *text) {
    struct heard *heard = context;
    assert_true(strlen(text) > 0);
    heard->warnings++;
    heard->picture = picture;
}

static void b_join_skips_what_is_no_picture(void **state) {
    struct fixture *fixture = *state;
    struct heard heard = {0};
    struct codec codec = fixture->codec;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int first = picture_file(8, 4), second = picture_file(8, 6), output = new_output();
    auto_fd int broken = memory_from("picture", "no picture", 10, &err);
    const int pictures[] = {first, broken, second};
    codec.warn = hear;
    codec.context = &heard;
    if (codec_join(&codec, pictures, 3, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(outcome.pictures, 2);
    assert_int_equal(outcome.width, 8);
    assert_int_equal(outcome.height, 10);
    assert_int_equal(lseek(output, 0, SEEK_END), outcome.bytes);
    assert_int_equal(heard.warnings, 1);
    assert_int_equal(heard.picture, 1);
}

// ---- crashes ----

static void c_one_death_is_forgiven(void **state) {
    struct fixture *fixture = *state;
    auto_granting struct granting granting = granting_of(fixture);
    struct codec_outcome outcome;
    struct err err;
    auto_fd int blob = sample_arrow(ROWS);
    granting.kills = 1;
    if (decode(fixture, blob, &granting, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(granting.calls, 2);
    assert_int_equal(outcome.rows, ROWS);
}

static void c_two_deaths_blame_the_input(void **state) {
    struct fixture *fixture = *state;
    auto_granting struct granting granting = granting_of(fixture);
    struct codec_outcome outcome;
    struct err err;
    auto_fd int blob = sample_arrow(ROWS);
    granting.kills = 2;
    assert_int_equal(decode(fixture, blob, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, "the dataset cannot be decoded (the decoder died twice: signal KILL)");
    granting.kills = 0;
    assert_int_equal(decode(fixture, blob, &granting, &outcome, &err), 0);
}

static void c_codec_gone_is_not_the_inputs_fault(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = sample_file(1);
    assert_int_equal(kill(fixture->pid, SIGKILL), 0);
    wait_gone(fixture->pid);
    fixture->pid = 0;
    assert_int_equal(codec_check(&fixture->codec, segment, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "the result cannot be checked (quern-codec is gone)");
}

static int start_another(void *context, struct err *err) {
    struct fixture *fixture = context;
    int requests[2], supervisor[2];
    TRY(record_pair(requests, err));
    TRY(record_pair(supervisor, err));
    start(fixture, requests[1], supervisor[1]);
    close(requests[1]);
    close(supervisor[1]);
    close(fixture->supervisor);
    fixture->supervisor = supervisor[0];
    return requests[0];
}

// The socket of the codec that is gone is closed, its number goes to somebody else: no call may use it again.
static void c_another_codec_takes_over_in_every_call(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = sample_file(ROWS);
    fixture->codec.renew = start_another;
    fixture->codec.context = fixture;
    for (int i = 0; i < 3; i++) {
        auto_fd int head = new_output(), arrow = new_output();
        assert_int_equal(kill(fixture->pid, SIGKILL), 0);
        wait_gone(fixture->pid);
        if (codec_head(&fixture->codec, segment, CODEC_CHECKED, 1, head, &outcome, &err) < 0 ||
            codec_encode(&fixture->codec, segment, CODEC_CHECKED, arrow, &outcome, &err) < 0)
            fail_msg("%s", err.msg);
        assert_int_equal(outcome.rows, ROWS);
    }
}

static void ask(const struct fixture *fixture, const struct codec_request *request, const int *fds, size_t count,
                int *ret_reply) {
    struct err err;
    int ends[2], all[RECORD_MAX_FDS];
    assert_int_equal(record_pair(ends, &err), 0);
    all[0] = ends[1];
    memcpy(all + 1, fds, count * sizeof *fds);
    if (record_send(fixture->codec.requests, request, sizeof *request, all, count + 1, &err) < 0)
        fail_msg("%s", err.msg);
    close(ends[1]);
    *ret_reply = ends[0];
}

static struct codec_request request_for(const struct fixture *fixture, enum codec_op op) {
    return (struct codec_request){
        .version = CODEC_VERSION, .op = op, .profile = SEGMENT_PROFILE_NS, .ceilings = fixture->codec.ceilings};
}

static void c_children_die_with_their_conversation(void **state) {
    struct fixture *fixture = *state;
    struct codec_request request = request_for(fixture, CODEC_DECODE);
    struct codec_reply reply;
    struct err err;
    pid_t child = 0;
    auto_fd int blob = sample_arrow(ROWS);
    auto_fd int conversation = -1;
    ask(fixture, &request, &blob, 1, &conversation);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    assert_int_equal(reply.kind, CODEC_NEED);
    assert_int_equal(children_of(fixture->pid, &child, 1), 1);
    close(steal_fd(&conversation));
    wait_for_children(fixture->pid, 0);
    assert_int_equal(kill(child, 0), -1);
}

static void c_children_die_with_quern_codec(void **state) {
    struct fixture *fixture = *state;
    struct codec_request request = request_for(fixture, CODEC_DECODE);
    struct codec_reply reply;
    struct err err;
    auto_fd int blob = sample_arrow(ROWS);
    auto_fd int conversation = -1;
    ask(fixture, &request, &blob, 1, &conversation);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    assert_int_equal(reply.kind, CODEC_NEED);
    assert_int_equal(kill(fixture->pid, SIGKILL), 0);
    wait_gone(fixture->pid);
    fixture->pid = 0;
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 0);
}

// ---- hostile ----

static void assert_decode_refused(struct fixture *fixture, int blob, const char *message) {
    auto_granting struct granting granting = granting_of(fixture);
    struct codec_outcome outcome = {.rows = 77};
    struct err err;
    assert_int_equal(decode(fixture, blob, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, message);
    assert_int_equal(granting.calls, 0);
    assert_int_equal(outcome.rows, 77);
}

static void f_blobs_that_are_no_files(void **state) {
    int ends[2];
    auto_fd int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_decode_refused(*state, directory, "expected a regular file, found a directory");
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    auto_fd int reading = ends[0], writing = ends[1];
    assert_decode_refused(*state, reading, "expected a regular file, found a pipe");
    assert_true(writing >= 0);
    auto_fd int device = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    assert_decode_refused(*state, device, "expected a regular file, found a device");
}

static void f_a_file_cut_while_it_is_read(void **state) {
    struct fixture *fixture = *state;
    auto_granting struct granting granting = granting_of(fixture);
    struct codec_outcome outcome;
    struct err err;
    auto_fd int blob = sample_arrow(200000);
    granting.truncate = blob;
    assert_int_equal(decode(fixture, blob, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, "the file changed while it was being read");
    assert_int_equal(granting.calls, 1);
}

static void assert_check_refused(struct fixture *fixture, int segment, const char *message) {
    struct codec_outcome outcome;
    struct err err;
    assert_int_equal(codec_check(&fixture->codec, segment, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_RESULT);
    assert_string_equal(err.msg, message);
}

static void f_segments_that_break_a_rule(void **state) {
    struct fixture *fixture = *state;
    uint64_t bytes;
    struct codec_outcome outcome;
    struct err err;
    auto_free void *segment = segment_sample(ROWS, SAMPLE_COLUMNS, true, &bytes);
    auto_fd int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_check_refused(fixture, directory, "expected a sealed memory file, found another kind of descriptor");
    auto_fd int unsealed = memory_new("segment", bytes, &err);
    assert_int_equal(codec_check(&fixture->codec, unsealed, &outcome, &err), -1);
    // Which seals a new file has is up to the kernel.
    assert_int_equal(strncmp(err.msg, "expected a sealed memory file, found one with seals 0", 53), 0);
    auto_fd int empty = memory_from("segment", "", 0, &err);
    assert_check_refused(fixture, empty, "segment: expected at least 128 bytes, found 0");
    segment_array(segment, 9)->null_count++;
    auto_fd int lying = segment_sample_file(segment, bytes);
    assert_check_refused(fixture, lying, "column \"f8\": its entry counts 1001 nulls, its values 1000");
    auto_fd int output = new_output();
    assert_int_equal(codec_encode(&fixture->codec, lying, CODEC_UNCHECKED, output, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its entry counts 1001 nulls, its values 1000");
    assert_int_equal(codec_head(&fixture->codec, lying, CODEC_UNCHECKED, 1, output, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its entry counts 1001 nulls, its values 1000");
}

static void assert_request_refused(const struct fixture *fixture, const struct codec_request *request, const int *fds,
                                   size_t count, const char *message) {
    struct codec_reply reply;
    struct err err;
    auto_fd int conversation = -1;
    ask(fixture, request, fds, count, &conversation);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    assert_int_equal(reply.kind, CODEC_FAILED);
    assert_int_equal(reply.err.reason, REASON_BUG);
    assert_string_equal(reply.err.msg, message);
}

static void f_wrong_requests(void **state) {
    const struct fixture *fixture = *state;
    auto_fd int segment = sample_file(1);
    const int fds[] = {segment, segment, segment};
    struct codec_request request = request_for(fixture, CODEC_CHECK);
    request.version = 7;
    assert_request_refused(fixture, &request, fds, 1, "a request of version 7, expected 1");
    request = request_for(fixture, (enum codec_op)99);
    assert_request_refused(fixture, &request, fds, 1, "a request for operation 99, which is unknown");
    request = request_for(fixture, CODEC_TEXT);
    request.separator = ';';
    assert_request_refused(fixture, &request, fds, 2,
                           "a request for a text table with separator 59, expected a comma or a tab");
    request = request_for(fixture, CODEC_CHECK);
    assert_request_refused(fixture, &request, fds, 0, "a request to check with 0 descriptors, expected 1 to 1");
    assert_request_refused(fixture, &request, fds, 3, "a request to check with 3 descriptors, expected 1 to 1");
    request.ceilings.rows = 0;
    assert_request_refused(fixture, &request, fds, 1, "a request with a ceiling of 0, which never means unlimited");
    request = request_for(fixture, CODEC_DECODE);
    request.profile = 9;
    assert_request_refused(fixture, &request, fds, 1, "a request to decode for profile 9, which is unknown");
    request = request_for(fixture, CODEC_HEAD);
    request.head_rows = 1001;
    assert_request_refused(fixture, &request, fds, 2,
                           "a request for 1001 rows, level 0 and 0 threads, at most 1000, 19 and 64");
}

static void f_records_of_another_form_are_dropped(void **state) {
    struct fixture *fixture = *state;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = sample_file(1);
    struct codec_request request = request_for(fixture, CODEC_CHECK);
    assert_int_equal(record_send(fixture->codec.requests, "hello", 5, &segment, 1, &err), 0);
    assert_int_equal(record_send(fixture->codec.requests, &request, sizeof request, NULL, 0, &err), 0);
    assert_int_equal(record_send(fixture->codec.requests, &request, sizeof request, &segment, 1, &err), 0);
    if (codec_check(&fixture->codec, segment, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
}

static void f_a_grant_of_another_size(void **state) {
    struct fixture *fixture = *state;
    struct codec_request request = request_for(fixture, CODEC_DECODE);
    struct codec_reply reply;
    struct err err;
    auto_fd int blob = sample_arrow(ROWS), memory = memory_new("segment", 4096, &err);
    auto_fd int conversation = -1;
    ask(fixture, &request, &blob, 1, &conversation);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    struct codec_grant small = {.bytes = reply.bytes};
    assert_int_equal(record_send(conversation, &small, sizeof small, &memory, 1, &err), 0);
    char wanted[128];
    snprintf(wanted, sizeof wanted, "the granted memory has 4096 bytes, expected a memory file of %llu",
             (unsigned long long)reply.bytes);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    assert_int_equal(reply.kind, CODEC_FAILED);
    assert_string_equal(reply.err.msg, wanted);
}

// ---- limits ----

static void l_ceilings(void **state) {
    struct fixture *fixture = *state;
    struct codec codec = fixture->codec;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = sample_file(ROWS), output = new_output();
    codec.ceilings.rows = ROWS - 1;
    assert_int_equal(codec_check(&codec, segment, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    assert_string_equal(err.msg, "5000 rows are more than the limit of 4999");
    codec = fixture->codec;
    codec.ceilings.columns = SAMPLE_COLUMNS - 1;
    assert_int_equal(codec_encode(&codec, segment, CODEC_UNCHECKED, output, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    assert_string_equal(err.msg, "19 columns are more than the limit of 18");
}

static void l_an_encoded_file_over_its_ceiling(void **state) {
    struct fixture *fixture = *state;
    struct codec codec = fixture->codec;
    struct codec_outcome outcome;
    struct err err;
    uint64_t bytes;
    auto_free void *segment = segment_sample(1, SAMPLE_COLUMNS, true, &bytes);
    auto_fd int small = segment_sample_file(segment, bytes), output = new_output();
    // The file of one row is larger than its segment: metadata.
    codec.ceilings.bytes = bytes;
    assert_int_equal(codec_encode(&codec, small, CODEC_UNCHECKED, output, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    assert_string_equal(err.msg, "the Arrow file is larger than its limit");
}

struct crowd {
    struct fixture *fixture;
    int blob, segment;
    atomic_int done;
};

static void *crowd_main(void *context) {
    struct crowd *crowd = context;
    for (int i = 0; i < 5; i++) {
        auto_granting struct granting granting = granting_of(crowd->fixture);
        struct codec_outcome outcome;
        struct err err;
        auto_fd int output = memory_new("output", 0, &err);
        if (decode(crowd->fixture, crowd->blob, &granting, &outcome, &err) == 0 && outcome.rows == ROWS &&
            codec_encode(&crowd->fixture->codec, crowd->segment, CODEC_UNCHECKED, output, &outcome, &err) == 0 &&
            outcome.rows == ROWS)
            atomic_fetch_add(&crowd->done, 1);
    }
    return NULL;
}

static void l_many_at_once(void **state) {
    struct fixture *fixture = *state;
    struct crowd crowd = {.fixture = fixture, .blob = sample_arrow(ROWS), .segment = sample_file(ROWS)};
    pthread_t threads[8];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", fixture->pid);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_main, &crowd), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.done, 40);
    // ".", "..", standard descriptors, two sockets, the signals. The last child is reaped a moment after its answer.
    uint64_t deadline = clock_deadline_ns(DEADLINE_MS);
    while (count_entries(path) != 2 + 3 + 2 + 1) {
        assert_true(clock_now_ns() < deadline);
        poll(NULL, 0, 1);
    }
    close(crowd.blob);
    close(crowd.segment);
}

// More than it will serve at a time: the rest waits in the socket and is served later.
static void l_more_conversations_than_children(void **state) {
    enum { CONVERSATIONS = 300 };
    struct fixture *fixture = *state;
    struct codec_request request = request_for(fixture, CODEC_CHECK);
    int conversations[CONVERSATIONS];
    struct err err;
    auto_fd int segment = sample_file(10);
    for (size_t i = 0; i < CONVERSATIONS; i++)
        ask(fixture, &request, &segment, 1, &conversations[i]);
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        struct codec_reply reply;
        assert_int_equal(record_receive(conversations[i], &reply, sizeof reply, NULL, 0, NULL, &err), 1);
        assert_int_equal(reply.kind, CODEC_DONE);
        assert_int_equal(reply.rows, 10);
        close(conversations[i]);
    }
    wait_for_children(fixture->pid, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b_decode),
        TEST(b_arff),
        TEST(b_encode_is_what_the_library_writes),
        TEST(b_encode_one_large_column),
        TEST(b_values_of_a_checked_segment_are_not_checked_again),
        TEST(b_head),
        TEST(b_profile),
        TEST(b_text),
        TEST(b_join_skips_what_is_no_picture),
        TEST(c_one_death_is_forgiven),
        TEST(c_two_deaths_blame_the_input),
        TEST(c_codec_gone_is_not_the_inputs_fault),
        TEST(c_another_codec_takes_over_in_every_call),
        TEST(c_children_die_with_their_conversation),
        TEST(c_children_die_with_quern_codec),
        TEST(f_blobs_that_are_no_files),
        TEST(f_a_file_cut_while_it_is_read),
        TEST(f_segments_that_break_a_rule),
        TEST(f_wrong_requests),
        TEST(f_records_of_another_form_are_dropped),
        TEST(f_a_grant_of_another_size),
        TEST(l_ceilings),
        TEST(l_an_encoded_file_over_its_ceiling),
        TEST(l_many_at_once),
        TEST(l_more_conversations_than_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
