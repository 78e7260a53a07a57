/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One record, with descriptors, over a SOCK_SEQPACKET socket pair: how the processes of a host talk.
 *
 * A record is a plain struct without pointers; the kernel keeps its borders, so that a shared socket may have many
 * writers. Every conversation has a socket pair of its own, and end of file on it means that the other side is gone.
 *
 * Ownership: record_send() borrows the descriptors; record_receive() gives new, close-on-exec ones to the caller, who
 * closes all *ret_fds of them. Units: bytes.
 *
 * Errors: REASON_INFRA for the socket; REASON_BUG for a record of the wrong size or with more descriptors than
 * `max_fds` (all of them are closed). A receiver that reads from a hostile process maps both to what that means for it.
 */
#ifndef QUERN_RECORD_H
#define QUERN_RECORD_H

#include <stddef.h>

#include "quern/err.h"

#define RECORD_MAX_FDS 250
#define RECORD_MAX_BYTES 65536

MUST_USE int record_pair(int ret_ends[2], struct err *err);

MUST_USE int record_send(int socket, const void *record, size_t bytes, const int *fds, size_t fd_count,
                         struct err *err);

/* The same, but it waits for nothing: a receiver whose buffer is full goes without (INFRA). For a socket of somebody who
 * may not read. */
MUST_USE int record_post(int socket, const void *record, size_t bytes, const int *fds, size_t fd_count,
                         struct err *err);

/* Waits for one record of exactly `bytes`. Returns 1, 0 at end of file, -1 on error. */
MUST_USE int record_receive(int socket, void *record, size_t bytes, int *fds, size_t max_fds, size_t *ret_fd_count,
                            struct err *err);

/* The same of a record that is there already, which stays; 0 also when there is none. The descriptors are new ones. */
MUST_USE int record_peek(int socket, void *record, size_t bytes, int *fds, size_t max_fds, size_t *ret_fd_count,
                         struct err *err);

#endif
