/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a word of the command line to a pinned source: which file or key it is, and exactly which bytes.
 *
 * A word is a file if it starts with / ./ ../ ~ or file: or ends in .arrow .feather .csv .tsv .arff; all else is a key of the
 * store. Scripts and bundles are always files. The suffix decides the format.
 *
 * Ownership: struct job_source owns its strings. Errors: a file that is not there, or is none, is REASON_USAGE, with
 * the nearest name of its directory; an unknown key is REASON_NOT_FOUND, with the nearest key. `name` is the flag.
 */
#ifndef QUERN_CLI_SOURCE_H
#define QUERN_CLI_SOURCE_H

#include "cli/refusal.h"
#include "cli/store.h"
#include "quern/job.h"

bool source_is_file(const char *word);

/* By the suffix; a file without a known one is taken for Arrow, or, where anything may stand, for a file. */
enum job_format source_format(const char *word);
enum job_format source_any_format(const char *word);
/* Is it that of a table? */
bool source_has_format(const char *word);

MUST_USE int source_file(const char *name, const char *word, struct job_source *ret, struct refusal *refusal);
/* A key as it was written, not looked for yet; then pinned to what it points at, which `source_key` does at once. */
MUST_USE int source_named(const char *name, const char *word, struct job_source *ret, struct refusal *refusal);
MUST_USE int source_pin(const char *name, const struct store *store, struct job_source *source,
                        struct refusal *refusal);
MUST_USE int source_key(const char *name, const char *word, const struct store *store, struct job_source *ret,
                        struct refusal *refusal);

/* Is it a key without a version? */
bool source_is_open(const struct job_source *source);

/* The path behind a file's url. Borrowed. */
const char *source_path(const struct job_source *source);

#endif
