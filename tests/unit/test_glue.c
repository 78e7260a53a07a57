// SPDX-License-Identifier: Apache-2.0
// Frames through the real quern-python: what a worker sends and gets. The rules of the module itself are tested in Python.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/segment.h"
#include "tests/unit/host_fixture.h"

#define MAX_ANSWERS 8

struct said {
    size_t count;
    struct host_answer answers[MAX_ANSWERS];
    int fds[MAX_ANSWERS];
};

// One column `x` of doubles, 1, 2, ... `rows`.
static int column_of(uint64_t rows) {
    struct segment_spec spec = {.kind = SEGMENT_FLOAT64, .length = rows, .name = "x", .name_bytes = 1};
    struct segment_shape shape = {
        .specs = &spec, .columns = 1, .arrays = 1, .rows = rows, .profile = SEGMENT_PROFILE_NS};
    struct err err;
    uint64_t bytes = 0;
    well(segment_layout(&shape, &bytes, &err), &err);
    int fd = memory_new("input", bytes, &err);
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(base != MAP_FAILED);
    well(segment_format(base, bytes, &shape, &err), &err);
    double *values = segment_at(base, segment_array(base, 0)->values);
    for (uint64_t i = 0; i < rows; i++)
        values[i] = (double)(i + 1);
    munmap(base, bytes);
    well(memory_seal(fd, &err), &err);
    return fd;
}

static void send_input(struct harness_child *child, uint32_t port, uint64_t rows) {
    struct host_call record = {.kind = HOST_INPUT, .port = port};
    struct err err;
    auto_fd int fd = column_of(rows);
    well(child_send(child, &record, fd, &err), &err);
}

static void begin(const struct harness *harness, struct harness_child *child, int out) {
    struct err err;
    well(child_open(harness, child, &err), &err);
    well(child_ready(child, &err), &err);
    well(child_commit(child, out, &err), &err);
}

static void hear(struct harness_child *child, struct said *said) {
    struct host_answer answer;
    struct err err;
    *said = (struct said){0};
    for (;;) {
        int fd = -1, got = child_answer(child, &answer, &fd, &err);
        well(got, &err);
        assert_int_equal(got, 1);
        if (answer.kind == HOST_DONE)
            break;
        assert_true(said->count < MAX_ANSWERS);
        said->answers[said->count] = answer;
        said->fds[said->count++] = fd;
    }
    child_close(child);
}

static void forget(struct said *said) {
    for (size_t i = 0; i < said->count; i++)
        own_close(&said->fds[i]);
}

// Maps a result as the worker would, with everything checked.
static const void *map_result(int fd, size_t *ret_bytes) {
    struct err err;
    uint64_t bytes = 0;
    well(memory_check(fd, 1 << 20, &bytes, &err), &err);
    const void *base = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_true(base != MAP_FAILED);
    well(segment_check(base, bytes, &err), &err);
    *ret_bytes = bytes;
    return base;
}

static void assert_result(const struct said *said, size_t index, uint32_t port, const char *name, double sum) {
    const struct host_answer *answer = &said->answers[index];
    size_t bytes = 0;
    assert_int_equal(answer->kind, HOST_RESULT);
    assert_int_equal(answer->port, port);
    assert_string_equal(answer->name, name);
    const void *base = map_result(said->fds[index], &bytes);
    assert_int_equal(answer->rows, segment_header(base)->rows);
    const double *values = segment_at(base, segment_array(base, 0)->values);
    double total = 0;
    for (uint64_t i = 0; i < answer->rows; i++)
        total += values[i];
    assert_true(total == sum);
    munmap((void *)(uintptr_t)base, bytes);
}

static void b_frames_go_in_and_come_back(void **state) {
    struct harness_child child;
    struct said said;
    struct err err;
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    begin(*state, &child, null);
    send_input(&child, 1, 3);
    send_input(&child, 2, 4);
    well(
        child_start(&child, "def azureml_main(a, b):\n    a['x'] *= 2\n    return a, b, {'both': a.append(b)}\n", &err),
        &err);
    hear(&child, &said);
    assert_int_equal(said.count, 3);
    assert_result(&said, 0, 1, "", 12);
    assert_result(&said, 1, 2, "", 10);
    assert_result(&said, 2, 0, "both", 22);
    forget(&said);
}

static void m_failure_names_type_message_and_line(void **state) {
    struct harness_child child;
    struct said said;
    struct err err;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    begin(*state, &child, ends[1]);
    close(ends[1]);
    well(child_start(&child, "def azureml_main():\n    x = 1\n    raise ValueError('ä\\0\\ud800')\n", &err), &err);
    hear(&child, &said);
    assert_int_equal(said.count, 1);
    assert_int_equal(said.answers[0].kind, HOST_RAISED);
    assert_int_equal(said.answers[0].reason, REASON_EXCEPTION);
    assert_int_equal(said.answers[0].line, 3);
    assert_string_equal(said.answers[0].name, "ValueError");
    assert_string_equal(said.answers[0].value, "ä?\\ud800");
    char text[1024];
    ssize_t got = read(ends[0], text, sizeof text - 1);
    assert_true(got > 0);
    text[got] = '\0';
    assert_non_null(strstr(text, "  File \"user_script.py\", line 3, in azureml_main\n"));
    assert_null(strstr(text, "frozen"));
    close(ends[0]);
    forget(&said);
}

static void l_memory_is_a_limit_by_name(void **state) {
    struct harness_child child;
    struct said said;
    struct err err;
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    begin(*state, &child, null);
    well(child_start(&child, "import numpy\ndef azureml_main():\n    numpy.ones(1 << 45)\n", &err), &err);
    hear(&child, &said);
    assert_int_equal(said.count, 1);
    assert_int_equal(said.answers[0].reason, REASON_LIMIT_MEMORY);
    assert_string_equal(said.answers[0].name, "MemoryError");
    assert_string_equal(said.answers[0].value,
                        "Unable to allocate 256. TiB for an array with shape (35184372088832,) and data type float64");
    forget(&said);
}

static void m_parameters_and_notes_travel(void **state) {
    struct harness_child child;
    struct said said;
    struct err err;
    struct host_call record = {.kind = HOST_PARAM, .name = "factor", .value = "2.5"};
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    begin(*state, &child, null);
    well(child_send(&child, &record, -1, &err), &err);
    send_input(&child, 1, 2);
    well(child_start(&child, "import quern\ndef azureml_main():\n    return float(quern.params['factor'])\n", &err),
         &err);
    hear(&child, &said);
    assert_int_equal(said.count, 2);
    assert_int_equal(said.answers[0].kind, HOST_NOTE);
    assert_string_equal(said.answers[0].value,
                        "dataset 1 is connected, but azureml_main takes 0 dataset(s): it is ignored");
    assert_result(&said, 1, 1, "", 2.5);
    forget(&said);
}

static void m_table_is_typed(void **state) {
    struct harness_child child;
    struct said said;
    struct err err;
    const char text[] = "x\ty\n1.5\ta\n2.5\tb\n";
    struct host_call record = {.kind = HOST_TABLE, .name = "t.tsv", .separator = '\t'};
    struct host_call start = {.kind = HOST_START, .task = HOST_TASK_TYPE, .dialect = HOST_QUERN};
    auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    auto_fd int table = memory_from("table", text, sizeof text - 1, &err);
    begin(*state, &child, null);
    well(child_send(&child, &record, table, &err), &err);
    well(child_send(&child, &start, -1, &err), &err);
    well(child_lend(&child, &err), &err);
    hear(&child, &said);
    assert_int_equal(said.count, 1);
    assert_result(&said, 0, 1, "", 4);
    forget(&said);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_frames_go_in_and_come_back),
        cmocka_unit_test(m_failure_names_type_message_and_line),
        cmocka_unit_test(l_memory_is_a_limit_by_name),
        cmocka_unit_test(m_parameters_and_notes_travel),
        cmocka_unit_test(m_table_is_typed),
    };
    return cmocka_run_group_tests_name("glue", tests, open_zygote, close_zygote);
}
