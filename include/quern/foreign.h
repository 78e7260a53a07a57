/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors of a hostile peer. Whoever gives back the last reference to a TCP socket that lingers (SO_LINGER) waits for
 * its other side, which may be for ever: by close(2) of the socket itself, of a socket in whose queue it lies unread, or by
 * a recvmsg(2) that has no room for it. What of a peer may be such a thing is received and closed by these, which do not
 * wait: the kernel ends that wait at a signal, and there is one every millisecond.
 *
 * For a process that leaves SIGALRM and ITIMER_REAL to them, in its first thread; others have SIGALRM blocked.
 */
#ifndef QUERN_FOREIGN_H
#define QUERN_FOREIGN_H

#include "quern/record.h"

/* record_receive() from a hostile peer. */
MUST_USE int foreign_receive(int socket, void *record, size_t bytes, int *fds, size_t max_fds, size_t *ret_fd_count,
                             struct err *err);

/* Closes each that is none of -1, and leaves -1. */
void foreign_close(int *fds, size_t count);

#endif
