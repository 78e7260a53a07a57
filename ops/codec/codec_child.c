// SPDX-License-Identifier: Apache-2.0
#include "codec_child.h"

#include <stdio.h>
#include <unistd.h>

#include "quern/record.h"

void codec_child_reply(const struct codec_child *child, const struct codec_reply *reply) {
    if (record_send(child->reply, reply, sizeof *reply, NULL, 0, NULL) < 0)
        _exit(0);
}

void codec_child_warn(const struct codec_child *child, uint32_t picture, const char *text) {
    struct codec_reply reply = {.kind = CODEC_WARNING, .picture = picture};
    snprintf(reply.err.msg, sizeof reply.err.msg, "%s", text);
    codec_child_reply(child, &reply);
}
