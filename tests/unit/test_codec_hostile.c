// SPDX-License-Identifier: Apache-2.0
// The real quern-codec when children, peers and inputs do what they should not.
#include "codec_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "segment_sample.h"

// ---- crashes ----

static void c_one_death_is_forgiven(void **state) {
    struct rig *rig = *state;
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome;
    struct err err;
    auto_fd int blob = rig_sample_arrow(ROWS);
    granting.kills = 1;
    if (rig_decode(rig, blob, &granting, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(granting.calls, 2);
    assert_int_equal(outcome.rows, ROWS);
}

static void c_two_deaths_blame_the_input(void **state) {
    struct rig *rig = *state;
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome;
    struct err err;
    auto_fd int blob = rig_sample_arrow(ROWS);
    granting.kills = 2;
    assert_int_equal(rig_decode(rig, blob, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, "the dataset cannot be decoded (the decoder died twice: signal KILL)");
    granting.kills = 0;
    assert_int_equal(rig_decode(rig, blob, &granting, &outcome, &err), 0);
}

static void c_codec_gone_is_not_the_inputs_fault(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = rig_sample_file(1);
    assert_int_equal(kill(rig->pid, SIGKILL), 0);
    rig_wait_gone(rig->pid);
    rig->pid = 0;
    assert_int_equal(codec_check(&rig->codec, segment, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "the result cannot be checked (quern-codec is gone)");
}

static int start_another(void *context, struct err *err) {
    struct rig *rig = context;
    int requests[2], supervisor[2];
    TRY(record_pair(requests, err));
    TRY(record_pair(supervisor, err));
    rig_start(rig, requests[1], supervisor[1]);
    close(requests[1]);
    close(supervisor[1]);
    close(rig->supervisor);
    rig->supervisor = supervisor[0];
    return requests[0];
}

// The socket of the codec that is gone is closed, its number goes to somebody else: no call may use it again.
static void c_another_codec_takes_over_in_every_call(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = rig_sample_file(ROWS);
    rig->codec.renew = start_another;
    rig->codec.context = rig;
    for (int i = 0; i < 3; i++) {
        auto_fd int head = rig_new_output(), arrow = rig_new_output();
        assert_int_equal(kill(rig->pid, SIGKILL), 0);
        rig_wait_gone(rig->pid);
        if (codec_head(&rig->codec, segment, CODEC_CHECKED, 1, head, &outcome, &err) < 0 ||
            codec_encode(&rig->codec, segment, CODEC_CHECKED, arrow, &outcome, &err) < 0)
            fail_msg("%s", err.msg);
        assert_int_equal(outcome.rows, ROWS);
    }
}

static void c_children_die_with_their_conversation(void **state) {
    struct rig *rig = *state;
    struct codec_request request = rig_request(rig, CODEC_DECODE);
    struct codec_reply reply;
    struct err err;
    pid_t child = 0;
    auto_fd int blob = rig_sample_arrow(ROWS);
    auto_fd int conversation = -1;
    rig_ask(rig, &request, &blob, 1, &conversation);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    assert_int_equal(reply.kind, CODEC_NEED);
    assert_int_equal(rig_children_of(rig->pid, &child, 1), 1);
    close(steal_fd(&conversation));
    rig_wait_for_children(rig->pid, 0);
    assert_int_equal(kill(child, 0), -1);
}

static void c_children_die_with_quern_codec(void **state) {
    struct rig *rig = *state;
    struct codec_request request = rig_request(rig, CODEC_DECODE);
    struct codec_reply reply;
    struct err err;
    auto_fd int blob = rig_sample_arrow(ROWS);
    auto_fd int conversation = -1;
    rig_ask(rig, &request, &blob, 1, &conversation);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    assert_int_equal(reply.kind, CODEC_NEED);
    assert_int_equal(kill(rig->pid, SIGKILL), 0);
    rig_wait_gone(rig->pid);
    rig->pid = 0;
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 0);
}

// ---- hostile ----

static void assert_decode_refused(struct rig *rig, int blob, const char *message) {
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome = {.rows = 77};
    struct err err;
    assert_int_equal(rig_decode(rig, blob, &granting, &outcome, &err), -1);
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
    struct rig *rig = *state;
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome;
    struct err err;
    auto_fd int blob = rig_sample_arrow(200000);
    granting.truncate = blob;
    assert_int_equal(rig_decode(rig, blob, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, "the file changed while it was being read");
    assert_int_equal(granting.calls, 1);
}

// Whoever puts the same bytes into a store touches its object, for the collector.
static void r_a_file_touched_while_it_is_read(void **state) {
    struct rig *rig = *state;
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome;
    struct err err;
    auto_fd int blob = rig_sample_arrow(1000);
    granting.touch = blob;
    assert_int_equal(rig_decode(rig, blob, &granting, &outcome, &err), 0);
}

static void assert_check_refused(struct rig *rig, int segment, const char *message) {
    struct codec_outcome outcome;
    struct err err;
    assert_int_equal(codec_check(&rig->codec, segment, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_RESULT);
    assert_string_equal(err.msg, message);
}

static void f_segments_that_break_a_rule(void **state) {
    struct rig *rig = *state;
    uint64_t bytes;
    struct codec_outcome outcome;
    struct err err;
    auto_free void *segment = segment_sample(ROWS, SAMPLE_COLUMNS, true, &bytes);
    auto_fd int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_check_refused(rig, directory, "expected a sealed memory file, found another kind of descriptor");
    auto_fd int unsealed = memory_new("segment", bytes, &err);
    assert_int_equal(codec_check(&rig->codec, unsealed, &outcome, &err), -1);
    // Which seals a new file has is up to the kernel.
    assert_int_equal(strncmp(err.msg, "expected a sealed memory file, found one with seals 0", 53), 0);
    auto_fd int empty = memory_from("segment", "", 0, &err);
    assert_check_refused(rig, empty, "segment: expected at least 128 bytes, found 0");
    segment_array(segment, 9)->null_count++;
    auto_fd int lying = segment_sample_file(segment, bytes);
    assert_check_refused(rig, lying, "column \"f8\": its entry counts 1001 nulls, its values 1000");
    auto_fd int output = rig_new_output();
    assert_int_equal(codec_encode(&rig->codec, lying, CODEC_UNCHECKED, output, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its entry counts 1001 nulls, its values 1000");
    assert_int_equal(codec_head(&rig->codec, lying, CODEC_UNCHECKED, 1, output, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its entry counts 1001 nulls, its values 1000");
}

static void assert_request_refused(const struct rig *rig, const struct codec_request *request, const int *fds,
                                   size_t count, const char *message) {
    struct codec_reply reply;
    struct err err;
    auto_fd int conversation = -1;
    rig_ask(rig, request, fds, count, &conversation);
    assert_int_equal(record_receive(conversation, &reply, sizeof reply, NULL, 0, NULL, &err), 1);
    assert_int_equal(reply.kind, CODEC_FAILED);
    assert_int_equal(reply.err.reason, REASON_BUG);
    assert_string_equal(reply.err.msg, message);
}

static void f_wrong_requests(void **state) {
    const struct rig *rig = *state;
    auto_fd int segment = rig_sample_file(1);
    const int fds[] = {segment, segment, segment};
    struct codec_request request = rig_request(rig, CODEC_CHECK);
    request.version = 7;
    assert_request_refused(rig, &request, fds, 1, "a request of version 7, expected 1");
    request = rig_request(rig, (enum codec_op)99);
    assert_request_refused(rig, &request, fds, 1, "a request for operation 99, which is unknown");
    request = rig_request(rig, CODEC_TEXT);
    request.separator = ';';
    assert_request_refused(rig, &request, fds, 2,
                           "a request for a text table with separator 59, expected a comma or a tab");
    request = rig_request(rig, CODEC_CHECK);
    assert_request_refused(rig, &request, fds, 0, "a request to check with 0 descriptors, expected 1 to 1");
    assert_request_refused(rig, &request, fds, 3, "a request to check with 3 descriptors, expected 1 to 1");
    request.ceilings.rows = 0;
    assert_request_refused(rig, &request, fds, 1, "a request with a ceiling of 0, which never means unlimited");
    request = rig_request(rig, CODEC_DECODE);
    request.profile = 9;
    assert_request_refused(rig, &request, fds, 1, "a request to decode for profile 9, which is unknown");
    request = rig_request(rig, CODEC_HEAD);
    request.head_rows = 1001;
    assert_request_refused(rig, &request, fds, 2,
                           "a request for 1001 rows, level 0 and 0 threads, at most 1000, 19 and 64");
}

static void f_records_of_another_form_are_dropped(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = rig_sample_file(1);
    struct codec_request request = rig_request(rig, CODEC_CHECK);
    assert_int_equal(record_send(rig->codec.requests, "hello", 5, &segment, 1, &err), 0);
    assert_int_equal(record_send(rig->codec.requests, &request, sizeof request, NULL, 0, &err), 0);
    assert_int_equal(record_send(rig->codec.requests, &request, sizeof request, &segment, 1, &err), 0);
    if (codec_check(&rig->codec, segment, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
}

static void f_a_grant_of_another_size(void **state) {
    struct rig *rig = *state;
    struct codec_request request = rig_request(rig, CODEC_DECODE);
    struct codec_reply reply;
    struct err err;
    auto_fd int blob = rig_sample_arrow(ROWS), memory = memory_new("segment", 4096, &err);
    auto_fd int conversation = -1;
    rig_ask(rig, &request, &blob, 1, &conversation);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(c_one_death_is_forgiven),
        TEST(c_two_deaths_blame_the_input),
        TEST(c_codec_gone_is_not_the_inputs_fault),
        TEST(c_another_codec_takes_over_in_every_call),
        TEST(c_children_die_with_their_conversation),
        TEST(c_children_die_with_quern_codec),
        TEST(f_blobs_that_are_no_files),
        TEST(f_a_file_cut_while_it_is_read),
        TEST(r_a_file_touched_while_it_is_read),
        TEST(f_segments_that_break_a_rule),
        TEST(f_wrong_requests),
        TEST(f_records_of_another_form_are_dropped),
        TEST(f_a_grant_of_another_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
