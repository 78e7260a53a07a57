/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running quern-codec for each test: rig_setup() and rig_teardown() are its setup and teardown, the state is a struct
 * rig. The teardown proves that quern-codec ends with its supervisor and that the client lost no descriptor.
 */
#ifndef QUERN_CODEC_RIG_H
#define QUERN_CODEC_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "quern/codec.h"

enum { ROWS = 5000, DEADLINE_MS = 20000 };

struct rig {
    pid_t pid;
    int supervisor;
    struct codec codec;
    int open_before;
};

int rig_setup(void **state);
int rig_teardown(void **state);
void rig_start(struct rig *rig, int requests, int supervisor); /* as the supervisor does it */
void rig_wait_gone(pid_t pid);
int rig_count_entries(const char *path);

size_t rig_children_of(pid_t parent, pid_t *pids, size_t max);
void rig_wait_for_children(pid_t parent, size_t wanted);

/* Files: a sample segment, the same as Arrow, an empty one. */
int rig_sample_file(uint64_t rows);
int rig_sample_arrow(uint64_t rows);
int rig_new_output(void);

/* A grant that does something first. */
struct granting {
    const struct rig *rig;
    int kills;    /* how many more children to kill instead of letting them go on */
    int truncate; /* a file to cut before the child goes on, or -1 */
    int touch;    /* one whose times change */
    int kept;     /* a second descriptor of the file, or -1 */
    int calls;
    uint32_t columns; /* expected */
};

struct granting rig_granting(const struct rig *rig);
void rig_done_granting(struct granting *granting);
#define auto_granting __attribute__((cleanup(rig_done_granting)))

int rig_grant(void *context, uint64_t bytes, uint64_t rows, uint32_t columns, struct err *err);
int rig_decode(struct rig *rig, int blob, struct granting *granting, struct codec_outcome *outcome, struct err *err);

/* What the client would not ask. */
struct codec_request rig_request(const struct rig *rig, enum codec_op op);
void rig_ask(const struct rig *rig, const struct codec_request *request, const int *fds, size_t count, int *ret_reply);

#endif
