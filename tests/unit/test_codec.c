// SPDX-License-Identifier: Apache-2.0
// The real quern-codec, asked through the client and, where the client would not, record by record.
#include "codec_rig.h"

#include <fcntl.h>
#include <png.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "segment_sample.h"

// ---- basic ----

static void b_decode(void **state) {
    struct rig *rig = *state;
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome, checked = {0};
    struct err err;
    uint64_t bytes;
    auto_fd int blob = rig_sample_arrow(ROWS);
    if (rig_decode(rig, blob, &granting, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(outcome.rows, ROWS);
    assert_int_equal(outcome.columns, SAMPLE_COLUMNS);
    assert_int_equal(granting.calls, 1);
    assert_int_equal(memory_check(granting.kept, outcome.bytes, &bytes, &err), 0);
    assert_int_equal(bytes, outcome.bytes);
    if (codec_check(&rig->codec, granting.kept, &checked, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(checked.rows, ROWS);
    assert_int_equal(checked.bytes, outcome.bytes);
}

static void l_a_dataset_that_needs_more_than_there_is_is_refused_before_memory_is_taken(void **state) {
    struct rig *rig = *state;
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome;
    struct err err;
    struct codec_wish wish = {.profile = SEGMENT_PROFILE_NS, .memory_bytes = 5000};
    auto_fd int blob = rig_sample_arrow(ROWS);
    assert_int_equal(codec_decode(&rig->codec, blob, &wish, rig_grant, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_MEMORY);
    assert_non_null(strstr(err.msg, " bytes of memory, this host has 5000 available"));
    assert_int_equal(strncmp(err.msg, "the dataset needs ", 18), 0);
    assert_int_equal(granting.calls, 0);
}

static void b_arff(void **state) {
    static const char good[] = "@attribute a real\n@attribute s string\n@data\n1,'\\u0041'\n2,?\n", bad[] = "a,b\n";
    struct rig *rig = *state;
    auto_granting struct granting granting = rig_granting(rig);
    struct codec_outcome outcome, checked = {0};
    struct err err;
    auto_fd int blob = memory_from("blob", good, sizeof good - 1, &err), other = -1;
    granting.columns = 2;
    if (codec_arff(&rig->codec, blob, SEGMENT_PROFILE_NS, rig_grant, &granting, &outcome, &err) < 0 ||
        codec_check(&rig->codec, granting.kept, &checked, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(checked.rows, 2);
    assert_int_equal(checked.columns, 2);
    other = memory_from("blob", bad, sizeof bad - 1, &err);
    assert_int_equal(codec_arff(&rig->codec, other, SEGMENT_PROFILE_NS, rig_grant, &granting, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_BAD_INPUT);
    assert_string_equal(err.msg, "line 1, column 1: expected @relation, @attribute or @data, found a");
}

static void b_encode_is_what_the_library_writes(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t wanted_bytes, found_bytes;
    auto_free char *wanted = NULL, *found = NULL;
    auto_fd int segment = rig_sample_file(ROWS), output = rig_new_output(), arrow = rig_sample_arrow(ROWS);
    if (codec_encode(&rig->codec, segment, CODEC_UNCHECKED, output, &outcome, &err) < 0)
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
    struct rig *rig = *state;
    struct segment_spec spec = {
        .kind = SEGMENT_INT64, .length = MANY, .dictionary = SEGMENT_NO_DICTIONARY, .name = "n", .name_bytes = 1};
    struct segment_shape shape = {&spec, 1, 1, MANY, SEGMENT_PROFILE_NS};
    struct codec_outcome outcome;
    struct err err;
    uint64_t bytes;
    auto_free void *zeros = segment_make(&shape, &bytes);
    auto_fd int segment = segment_sample_file(zeros, bytes), output = rig_new_output();
    if (codec_encode(&rig->codec, segment, CODEC_UNCHECKED, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(outcome.rows, MANY);
    assert_true(outcome.bytes < 100000);
}

// What the worker vouches for is not walked through again; what keeps the program in its memory is looked at always.
static void b_values_of_a_checked_segment_are_not_checked_again(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    uint64_t bytes;
    auto_free void *segment = segment_sample(ROWS, SAMPLE_COLUMNS, true, &bytes);
    auto_fd int output = rig_new_output();
    segment_array(segment, 9)->null_count++;
    auto_fd int miscounted = segment_sample_file(segment, bytes);
    assert_int_equal(codec_head(&rig->codec, miscounted, CODEC_CHECKED, 1, output, &outcome, &err), 0);
    assert_int_equal(outcome.rows, ROWS);
    assert_int_equal(codec_check(&rig->codec, miscounted, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its entry counts 1001 nulls, its values 1000");
    segment_array(segment, 9)->values.offset += 1ull << 40;
    auto_fd int outside = segment_sample_file(segment, bytes);
    assert_int_equal(codec_head(&rig->codec, outside, CODEC_CHECKED, 1, output, &outcome, &err), -1);
    assert_string_equal(err.msg, "column \"f8\": its values lie outside or overlap");
}

static void b_head(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t bytes;
    auto_free char *text = NULL;
    auto_fd int segment = rig_sample_file(ROWS), output = rig_new_output();
    if (codec_head(&rig->codec, segment, CODEC_UNCHECKED, 2, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_read(output, "head", 1u << 20, &text, &bytes, &err), 0);
    assert_int_equal(outcome.bytes, bytes);
    assert_int_equal(strncmp(text, "{\"rows\":5000,\"columns\":[{\"name\":\"i8\",", 37), 0);
}

static void b_profile(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t bytes;
    auto_free char *text = NULL;
    auto_fd int segment = rig_sample_file(ROWS), output = rig_new_output();
    if (codec_profile(&rig->codec, segment, CODEC_UNCHECKED, output, &outcome, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(memory_read(output, "profile", 1u << 20, &text, &bytes, &err), 0);
    assert_int_equal(outcome.bytes, bytes);
    assert_int_equal(strncmp(text, "{\"rows\":5000,\"columns\":[{\"name\":\"i8\",", 37), 0);
    assert_non_null(strstr(text, "\"histogram\":["));
}

static void b_text(void **state) {
    struct rig *rig = *state;
    struct codec_outcome outcome;
    struct err err;
    size_t bytes, lines = 0;
    auto_free char *text = NULL;
    auto_fd int segment = rig_sample_file(ROWS), output = rig_new_output();
    if (codec_text(&rig->codec, segment, CODEC_UNCHECKED, '\t', output, &outcome, &err) < 0)
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
    struct rig *rig = *state;
    struct heard heard = {0};
    struct codec codec = rig->codec;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int first = picture_file(8, 4), second = picture_file(8, 6), output = rig_new_output();
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

// ---- limits ----

static void l_ceilings(void **state) {
    struct rig *rig = *state;
    struct codec codec = rig->codec;
    struct codec_outcome outcome;
    struct err err;
    auto_fd int segment = rig_sample_file(ROWS), output = rig_new_output();
    codec.ceilings.rows = ROWS - 1;
    assert_int_equal(codec_check(&codec, segment, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    assert_string_equal(err.msg, "5000 rows are more than the limit of 4999");
    codec = rig->codec;
    codec.ceilings.columns = SAMPLE_COLUMNS - 1;
    assert_int_equal(codec_encode(&codec, segment, CODEC_UNCHECKED, output, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    assert_string_equal(err.msg, "19 columns are more than the limit of 18");
}

static void l_an_encoded_file_over_its_ceiling(void **state) {
    struct rig *rig = *state;
    struct codec codec = rig->codec;
    struct codec_outcome outcome;
    struct err err;
    uint64_t bytes;
    auto_free void *segment = segment_sample(1, SAMPLE_COLUMNS, true, &bytes);
    auto_fd int small = segment_sample_file(segment, bytes), output = rig_new_output();
    // The file of one row is larger than its segment: metadata.
    codec.ceilings.bytes = bytes;
    assert_int_equal(codec_encode(&codec, small, CODEC_UNCHECKED, output, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_LIMIT_OUTPUT);
    assert_string_equal(err.msg, "the Arrow file is larger than its limit");
}

struct crowd {
    struct rig *rig;
    int blob, segment;
    atomic_int done;
};

static void *crowd_main(void *context) {
    struct crowd *crowd = context;
    for (int i = 0; i < 5; i++) {
        auto_granting struct granting granting = rig_granting(crowd->rig);
        struct codec_outcome outcome;
        struct err err;
        auto_fd int output = memory_new("output", 0, &err);
        if (rig_decode(crowd->rig, crowd->blob, &granting, &outcome, &err) == 0 && outcome.rows == ROWS &&
            codec_encode(&crowd->rig->codec, crowd->segment, CODEC_UNCHECKED, output, &outcome, &err) == 0 &&
            outcome.rows == ROWS)
            atomic_fetch_add(&crowd->done, 1);
    }
    return NULL;
}

static void l_many_at_once(void **state) {
    struct rig *rig = *state;
    struct crowd crowd = {.rig = rig, .blob = rig_sample_arrow(ROWS), .segment = rig_sample_file(ROWS)};
    pthread_t threads[8];
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", rig->pid);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crowd_main, &crowd), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(crowd.done, 40);
    // ".", "..", standard descriptors, two sockets, the signals. The last child is reaped a moment after its answer.
    uint64_t deadline = clock_deadline_ns(DEADLINE_MS);
    while (rig_count_entries(path) != 2 + 3 + 2 + 1) {
        assert_true(clock_now_ns() < deadline);
        poll(NULL, 0, 1);
    }
    close(crowd.blob);
    close(crowd.segment);
}

// More than it will serve at a time: the rest waits in the socket and is served later.
static void l_more_conversations_than_children(void **state) {
    enum { CONVERSATIONS = 300 };
    struct rig *rig = *state;
    struct codec_request request = rig_request(rig, CODEC_CHECK);
    int conversations[CONVERSATIONS];
    struct err err;
    auto_fd int segment = rig_sample_file(10);
    for (size_t i = 0; i < CONVERSATIONS; i++)
        rig_ask(rig, &request, &segment, 1, &conversations[i]);
    for (size_t i = 0; i < CONVERSATIONS; i++) {
        struct codec_reply reply;
        assert_int_equal(record_receive(conversations[i], &reply, sizeof reply, NULL, 0, NULL, &err), 1);
        assert_int_equal(reply.kind, CODEC_DONE);
        assert_int_equal(reply.rows, 10);
        close(conversations[i]);
    }
    rig_wait_for_children(rig->pid, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b_decode),
        TEST(l_a_dataset_that_needs_more_than_there_is_is_refused_before_memory_is_taken),
        TEST(b_arff),
        TEST(b_encode_is_what_the_library_writes),
        TEST(b_encode_one_large_column),
        TEST(b_values_of_a_checked_segment_are_not_checked_again),
        TEST(b_head),
        TEST(b_profile),
        TEST(b_text),
        TEST(b_join_skips_what_is_no_picture),
        TEST(l_ceilings),
        TEST(l_an_encoded_file_over_its_ceiling),
        TEST(l_many_at_once),
        TEST(l_more_conversations_than_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
