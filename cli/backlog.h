/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output whose reader may be slow, or not read at all: what the reader does not take yet is kept, so that nobody who
 * writes ever waits. Whoever enforces a job's time limit must not.
 *
 *     struct backlog backlog;
 *     FILE *file = backlog_open(&backlog, stdout);      write to it and fflush() it as to any other
 *     backlog_push(&backlog);                           now and then: offers again what is kept
 *     backlog_close(&backlog);                          waits until the reader took the rest
 *
 * Nothing is lost while the reader lives. What is kept is as much as is written: of a job's output the worker passes on
 * no more than limits.output_bytes of each stream. If there is no memory for it, writing waits as it would without.
 *
 * Ownership: `target` is borrowed and must not be written to until backlog_close(); it may be a file without a
 * descriptor, which is then written to directly. The struct must not be moved while it is open. Errors stand on `target`
 * (ferror) after backlog_close().
 */
#ifndef QUERN_CLI_BACKLOG_H
#define QUERN_CLI_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct backlog {
    FILE *target;
    FILE *file;  /* NULL: writers have the target itself */
    int fd;      /* of the same pipe or terminal, never waits; owned; -1: the target's own */
    char *bytes; /* bytes[sent..used) wait */
    size_t sent, used, room;
};

FILE *backlog_open(struct backlog *backlog, FILE *target);
void backlog_push(struct backlog *backlog);
bool backlog_waits(const struct backlog *backlog);
void backlog_drop(struct backlog *backlog); /* what its reader did not take yet is lost */
void backlog_close(struct backlog *backlog);

/* One pipe, socket or terminal behind both: one backlog keeps their order. */
bool backlog_same_reader(FILE *one, FILE *other);

#endif
