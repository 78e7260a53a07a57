/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stays with a job until it has ended: its output as it comes, what becomes of it, or only the end.
 *
 * What the job wrote to stdout goes to our stdout, what it wrote to stderr to our stderr: byte by byte into a pipe, filtered
 * on a terminal (escape.h). Changes of its state are told on stderr. While Redis is away it waits, up to
 * FOLLOW_PATIENCE_MS.
 *
 * Errors: REASON_NOT_FOUND, and what client_blame() says.
 */
#ifndef QUERN_CLI_FOLLOW_H
#define QUERN_CLI_FOLLOW_H

#include "cli/client.h"
#include "cli/interrupts.h"

#define FOLLOW_PATIENCE_MS 60000

enum follow_end { FOLLOW_ENDED, FOLLOW_INTERRUPTED, FOLLOW_TIMEOUT };

struct follow_options {
    bool output;       /* print what it writes */
    bool states;       /* tell of changes of its state */
    bool only_what_is; /* end when all output that is there has been printed */
    bool tail;         /* of what is there already, the last `lines` lines */
    uint64_t lines;
    uint64_t attempt;     /* its output alone; 0: all */
    uint64_t deadline_ns; /* CLOCK_NEVER: none */
    const struct interrupts *interrupts;
};

/* Returns an enum follow_end, or -1. */
MUST_USE int follow(const struct client *client, const char *word, const char *id, const struct follow_options *options,
                    struct refusal *refusal);

/* The same for who submitted the job: says at the end what came of it; the first Ctrl-C leaves the job alone and says so, a
 * second one within seconds cancels it. Returns the exit code. */
int follow_own(const struct client *client, const char *id, bool output);

#endif
