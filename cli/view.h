/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at one dataset from the command line: the programs of `quern run`, without a script.
 *
 *     struct view_request request = {.word = "patients.csv", .name = "FILE", .task = RUN_ENCODE};
 *     view(&request, &result, refusal) → result.product → view_done(&result)
 *
 * Warnings go to stderr as they do for a run. Ownership: strings of the request are borrowed; the result owns its
 * descriptor. Errors: the word is no file and no key, or the dataset cannot be read: the job's reason and message.
 */
#ifndef QUERN_CLI_VIEW_H
#define QUERN_CLI_VIEW_H

#include "cli/command.h"
#include "cli/refusal.h"
#include "quern/run.h"
#include "quern/storage.h"

struct view_request {
    const char *name, *word;         /* what it is called, what was written */
    const struct command_line *line; /* says which store */
    const char *environment;         /* of the interpreter that types CSV and TSV; NULL: default */
    enum run_task task;
    bool key;              /* the word is a key, whatever it looks like */
    bool file;             /* the word is a file, whatever it looks like */
    bool no_header;        /* only of CSV and TSV files */
    uint64_t memory_bytes; /* for typing CSV and TSV; 0: the default */
    uint32_t rows;         /* RUN_HEAD: at most so many */
};

struct view_result {
    int product;                         /* owned; -1: the task has none */
    char version[STORAGE_VERSION_BYTES]; /* of what was looked at */
    uint64_t rows, columns;
};

MUST_USE int view(const struct view_request *request, struct view_result *ret, struct refusal *refusal);
void view_done(struct view_result *result);

#endif
