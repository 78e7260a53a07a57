// SPDX-License-Identifier: Apache-2.0
// A hostile peer's TCP socket lingers for longer than anybody waits; who gives it back last does not wait with it.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "quern/foreign.h"
#include "quern/own.h"

enum { LINGER_S = 10000, BLOCKED_MS = 300, DONE_MS = 20000 };

static int listener(struct sockaddr_in *address) {
    socklen_t bytes = sizeof *address;
    int own = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(bind(own, (struct sockaddr *)address, sizeof *address), 0);
    assert_int_equal(listen(own, 1), 0);
    assert_int_equal(getsockname(own, (struct sockaddr *)address, &bytes), 0);
    return own;
}

// Nobody reads what it has sent.
static int lingering(const struct sockaddr_in *address) {
    static const char block[65536];
    const struct linger linger = {1, LINGER_S};
    int own = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(own, (const struct sockaddr *)address, sizeof *address), 0);
    while (send(own, block, sizeof block, MSG_DONTWAIT) > 0)
        ;
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(setsockopt(own, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    return own;
}

// Each of these has the only reference to the socket when it gives that back.
typedef void act_fn(int socket);

static void closes_it(int socket) { close(socket); }

static void closes_it_as_foreign(int socket) {
    foreign_close(&socket, 1);
    _exit(socket == -1 ? 0 : 1);
}

static void put_into(int ends[2], int socket) {
    if (record_pair(ends, NULL) < 0 || record_send(ends[0], "x", 1, &socket, 1, NULL) < 0)
        _exit(1);
    close(socket);
}

static void closes_what_holds_it(int socket) {
    int ends[2];
    put_into(ends, socket);
    foreign_close(&ends[1], 1);
}

static void has_no_room_for_it(int socket) {
    int ends[2];
    char record;
    put_into(ends, socket);
    _exit(foreign_receive(ends[1], &record, 1, NULL, 0, NULL, NULL) == -1 ? 0 : 1);
}

// 1: it ended, as it should.
static int ends_within(act_fn *act, int ms) {
    struct sockaddr_in address;
    auto_fd int server = listener(&address);
    pid_t pid = fork();
    if (pid == 0) {
        close(server);
        act(lingering(&address));
        // Not by exit: that closes without lingering, whatever is left.
        kill(getpid(), SIGTERM);
    }
    auto_fd int process = pidfd_open(pid, 0);
    int status = 0, ended = poll(&(struct pollfd){.fd = process, .events = POLLIN}, 1, ms);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return ended;
}

static void f_a_socket_that_lingers_holds_up_who_closes_it(void **state) {
    (void)state;
    assert_int_equal(ends_within(closes_it, BLOCKED_MS), 0);
}

static void f_a_foreign_descriptor_is_closed_at_once(void **state) {
    (void)state;
    assert_int_equal(ends_within(closes_it_as_foreign, DONE_MS), 1);
}

static void f_so_is_one_in_whose_queue_it_lies(void **state) {
    (void)state;
    assert_int_equal(ends_within(closes_what_holds_it, DONE_MS), 1);
}

static void f_and_one_that_there_is_no_room_for(void **state) {
    (void)state;
    assert_int_equal(ends_within(has_no_room_for_it, DONE_MS), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f_a_socket_that_lingers_holds_up_who_closes_it),
        cmocka_unit_test(f_a_foreign_descriptor_is_closed_at_once),
        cmocka_unit_test(f_so_is_one_in_whose_queue_it_lies),
        cmocka_unit_test(f_and_one_that_there_is_no_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
