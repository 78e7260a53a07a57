/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The children of quern-codec: who serves which conversation. A child's end of its reply socket is kept open here until
 * it is reaped, so that a death without a final reply can be told with its signal (CODEC_DIED).
 *
 * Calling sequence: codec_children_start() per request, codec_children_reap() per SIGCHLD. Nothing blocks.
 */
#ifndef QUERN_CODEC_CHILDREN_H
#define QUERN_CODEC_CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

#include "quern/codec.h"

/* Requests beyond it wait in the socket. The threads of all children are bounded together by the jail. */
#define CODEC_MAX_CHILDREN 64u

struct codec_children {
    size_t count;
    struct {
        pid_t pid;
        int reply; /* owned */
    } child[CODEC_MAX_CHILDREN];
};

/* Forks a child for the request. Takes over all descriptors; the first is the reply socket. */
void codec_children_start(struct codec_children *children, const struct codec_request *request, const int *fds,
                          size_t fd_count);
void codec_children_reap(struct codec_children *children);

#endif
