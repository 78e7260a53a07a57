/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child of quern-codec knows, and how it answers. One function per op, each in the file of its name: 0 after it
 * filled `done`, -1 and an error that becomes FAILED.
 */
#ifndef QUERN_CODEC_CHILD_H
#define QUERN_CODEC_CHILD_H

#include <stddef.h>

#include "quern/codec.h"

struct codec_child {
    struct codec_request request; /* checked */
    int reply;
    const int *fds; /* behind the reply socket */
    size_t fd_count;
    struct codec_reply done; /* DONE, to be filled in by the op */
};

/* A reply that cannot be sent has nobody who waits for it: ends the process. */
void codec_child_reply(const struct codec_child *child, const struct codec_reply *reply);
void codec_child_warn(const struct codec_child *child, uint32_t picture, const char *text);

MUST_USE int codec_child_decode(struct codec_child *child, struct err *err);
MUST_USE int codec_child_arff(struct codec_child *child, struct err *err);
MUST_USE int codec_child_encode(struct codec_child *child, struct err *err);
MUST_USE int codec_child_check(struct codec_child *child, struct err *err);
MUST_USE int codec_child_head(struct codec_child *child, struct err *err);
MUST_USE int codec_child_profile(struct codec_child *child, struct err *err);
MUST_USE int codec_child_text(struct codec_child *child, struct err *err);
MUST_USE int codec_child_join(struct codec_child *child, struct err *err);

#endif
