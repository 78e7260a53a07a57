// SPDX-License-Identifier: Apache-2.0
// A peer may answer anything where a text was asked for: it lands in the caller's place and nowhere else, or is a reply
// within its limits, or an error with words. The bits of the
// first byte say which replies are asked for so.
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/own.h"
#include "redis/connection.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

enum { ROOM = 512, GUARD = 0x5a, INPUT_MAX = 65536 };

/* False when the connection is of no more use. */
static bool receive(struct connection *connection, bool into_place) {
    char place[ROOM + 8];
    auto_reply struct reply *reply = NULL;
    struct err err = {0};
    size_t got = 0;
    memset(place, GUARD, sizeof place);
    uint64_t deadline_ns = clock_deadline_ns(10000);
    int answer = into_place ? connection_receive_bytes(connection, place, ROOM, deadline_ns, &got, &reply, &err)
                            : connection_receive(connection, deadline_ns, &reply, &err);
    for (size_t i = ROOM; i < sizeof place; i++)
        assert(place[i] == GUARD);
    if (answer < 0) {
        assert(err.reason == REASON_INFRA || err.reason == REASON_UNREACHABLE);
        assert(err.msg[0]);
        return false;
    }
    assert(got <= ROOM);
    assert(reply || into_place);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    static const struct reply_limits limits = {.bytes = 4096, .elements = 64};
    int ends[2];
    if (count < 2 || count > INPUT_MAX)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        abort();
    auto_fd int peer = ends[1];
    struct connection *connection = NULL;
    if (connection_adopt(ends[0], "fuzz", limits, &connection, NULL) < 0)
        abort();
    if (write(peer, bytes + 1, count - 1) != (ssize_t)(count - 1))
        abort();
    shutdown(peer, SHUT_WR);
    unsigned kinds = bytes[0];
    while (receive(connection, kinds & 1))
        kinds = kinds >> 1 | (kinds & 1) << 7;
    connection_close(connection);
    return 0;
}
