// SPDX-License-Identifier: Apache-2.0
// Writing to pipes that are not read: nobody waits, and all of it comes in order when somebody reads.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/backlog.h"
#include "quern/own.h"

enum { LINE_BYTES = 100, LINES = 20000, TOTAL = LINE_BYTES * LINES };

static void say(FILE *file, char sign, int line) {
    char text[LINE_BYTES + 1];
    snprintf(text, sizeof text, "%c%098d\n", sign, line);
    assert_int_equal(fwrite(text, 1, LINE_BYTES, file), LINE_BYTES);
    assert_int_equal(fflush(file), 0);
}

// Reads what is there, and makes room for more.
static size_t take(int fd, char *text, size_t used, size_t room) {
    ssize_t got = read(fd, text + used, room - used);
    assert_true(got > 0);
    return used + (size_t)got;
}

static void all_of_it_comes(struct backlog *backlog, int reader) {
    auto_free char *text = malloc(TOTAL);
    size_t used = 0;
    assert_non_null(text);
    while (backlog_waits(backlog)) {
        used = take(reader, text, used, TOTAL);
        backlog_push(backlog);
    }
    while (used < TOTAL)
        used = take(reader, text, used, TOTAL);
    for (int line = 0; line < LINES; line++) {
        char expected[LINE_BYTES + 1];
        snprintf(expected, sizeof expected, "o%098d\n", line);
        assert_memory_equal(text + (size_t)line * LINE_BYTES, expected, LINE_BYTES);
    }
}

static void nobody_waits(int reader, int writer) {
    struct backlog backlog;
    FILE *target = fdopen(writer, "w");
    assert_non_null(target);
    FILE *file = backlog_open(&backlog, target);
    for (int line = 0; line < LINES; line++)
        say(file, 'o', line);
    assert_true(backlog_waits(&backlog));
    all_of_it_comes(&backlog, reader);
    backlog_close(&backlog);
    assert_false(ferror(target));
    fclose(target);
    close(reader);
}

static void b_a_pipe_that_nobody_reads_holds_nobody_up(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    nobody_waits(ends[0], ends[1]);
}

// A socket cannot be opened again: it is asked before each write whether it has room.
static void b_a_socket_that_nobody_reads_holds_nobody_up(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    nobody_waits(ends[0], ends[1]);
}

static void b_the_pipe_of_others_stays_as_it_is(void **state) {
    (void)state;
    struct backlog backlog;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    FILE *target = fdopen(ends[1], "w");
    say(backlog_open(&backlog, target), 'o', 1);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    backlog_close(&backlog);
    fclose(target);
    close(ends[0]);
}

static void b_what_was_in_the_file_before_stands_first(void **state) {
    (void)state;
    struct backlog backlog;
    int ends[2];
    char text[16] = "";
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    FILE *target = fdopen(ends[1], "w");
    fputs("one ", target);
    fputs("two", backlog_open(&backlog, target));
    backlog_close(&backlog);
    assert_int_equal(read(ends[0], text, sizeof text - 1), 7);
    assert_string_equal(text, "one two");
    fclose(target);
    close(ends[0]);
}

static void c_a_reader_that_is_gone_is_an_error_of_the_target(void **state) {
    (void)state;
    struct backlog backlog;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    FILE *target = fdopen(ends[1], "w");
    FILE *file = backlog_open(&backlog, target);
    close(ends[0]);
    say(file, 'o', 1);
    assert_true(backlog_waits(&backlog));
    backlog_close(&backlog);
    assert_true(ferror(target));
    fclose(target);
}

static void b_one_reader_is_told_from_two(void **state) {
    (void)state;
    int one[2], other[2];
    assert_int_equal(pipe2(one, O_CLOEXEC), 0);
    assert_int_equal(pipe2(other, O_CLOEXEC), 0);
    FILE *out = fdopen(one[1], "w"), *again = fdopen(dup(one[1]), "w"), *elsewhere = fdopen(other[1], "w");
    assert_true(backlog_same_reader(out, again));
    assert_false(backlog_same_reader(out, elsewhere));
    FILE *files[] = {out, again, elsewhere};
    for (size_t i = 0; i < 3; i++)
        fclose(files[i]);
    close(one[0]);
    close(other[0]);
}

// Two files over each other are the user's own doing: each is written to at its own place.
static void b_a_file_has_no_reader(void **state) {
    (void)state;
    struct backlog backlog;
    char text[8] = "";
    FILE *target = tmpfile();
    assert_non_null(target);
    FILE *again = fdopen(dup(fileno(target)), "w");
    assert_false(backlog_same_reader(target, again));
    fputs("text", backlog_open(&backlog, target));
    backlog_close(&backlog);
    assert_int_equal(pread(fileno(target), text, sizeof text - 1, 0), 4);
    assert_string_equal(text, "text");
    fclose(again);
    fclose(target);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_a_pipe_that_nobody_reads_holds_nobody_up),
        cmocka_unit_test(b_a_socket_that_nobody_reads_holds_nobody_up),
        cmocka_unit_test(b_the_pipe_of_others_stays_as_it_is),
        cmocka_unit_test(b_what_was_in_the_file_before_stands_first),
        cmocka_unit_test(c_a_reader_that_is_gone_is_an_error_of_the_target),
        cmocka_unit_test(b_one_reader_is_told_from_two),
        cmocka_unit_test(b_a_file_has_no_reader),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
