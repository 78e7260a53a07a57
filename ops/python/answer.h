/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child says to its worker (host_answer records, host.h).
 *
 * Text is cut to its field at a whole UTF-8 character; control characters but \n and \t and invalid UTF-8 become '?', so
 * that the worker's host_answer_check() never refuses what an honest child says.
 *
 * Ownership: descriptors are borrowed (the caller may close them afterwards). Errors: REASON_INFRA when the worker is
 * gone; REASON_BUG for a record that the contract forbids.
 */
#ifndef QUERN_PYTHON_ANSWER_H
#define QUERN_PYTHON_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

MUST_USE int answer_ready(int conversation, int work_dir, struct err *err);

/* `name` is what it is about, `text` what is to be known. */
MUST_USE int answer_note(int conversation, const char *name, const char *text, struct err *err);

/* port 1..HOST_MAX_PORTS for a numbered output (name is then "" or its display name), 0 for a named one. `segment` is
 * sealed; `rows` is a hint for the log. */
MUST_USE int answer_result(int conversation, uint32_t port, const char *name, uint64_t rows, int segment,
                           struct err *err);

/* A named output that is no table: `file` is sealed, `kind` (enum object_kind) tells what it holds. */
MUST_USE int answer_object(int conversation, const char *name, uint32_t kind, int file, struct err *err);

/* Waits for the file that the next result is to be written into: empty, the caller's. */
MUST_USE int answer_file(int conversation, int *ret_file, struct err *err);

/* The traceback of what answer_raised() tells next. */
MUST_USE int answer_traceback(int conversation, const char *text, struct err *err);

/* reason: EXCEPTION, EXIT (detail: the code), BAD_INPUT (detail: HOST_ERROR_*), BAD_RESULT, LIMIT_MEMORY, LIMIT_DISK or BUG.
 * type: the exception's, or "". line: of the script, 0 when unknown; in_entry: it stands in azureml_main. met: as in host.h. */
MUST_USE int answer_raised(int conversation, enum reason reason, int32_t detail, const char *type, const char *message,
                           uint32_t line, bool in_entry, uint64_t met, struct err *err);

MUST_USE int answer_done(int conversation, struct err *err);

#endif
