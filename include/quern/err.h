/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors are values.
 *
 * Calling sequence: a fallible function returns 0, or -1 after filling *err, and leaves its outputs untouched on
 * failure. Callers pass failures on with TRY().
 *
 *     int thing_open(const char *path, struct thing **ret, struct err *err) {
 *         TRY(check_name(path, err));
 *         ...
 *         return err_set(err, REASON_BAD_INPUT, "%s: expected a directory, found a file", path);
 *     }
 *
 * The reason decides the fate of the job; its kind (input, limit, infra, bug) and its exit code follow from the table
 * in schemas/words.def and are stored nowhere else. A message names the thing, what was expected and what was found;
 * it is one line without a final period. `err` may be NULL where the caller does not care.
 *
 * Ownership: a struct err owns nothing and is plain data: it crosses process borders as it is.
 */
#ifndef QUERN_ERR_H
#define QUERN_ERR_H

#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))

enum err_kind { ERR_NONE, ERR_INPUT, ERR_LIMIT, ERR_INFRA, ERR_BUG };

enum reason {
#define REASON(NAME, word, kind, exit_code, text) REASON_##NAME,
#include "../../schemas/words.def"
#undef REASON
    REASON_COUNT
};

#define ERR_MSG_BYTES 1024

struct err {
    uint32_t reason; /* enum reason; u32 because the record crosses process borders */
    int32_t detail;  /* exit: the script's exit code; signal: its number; bad_input: host.h; otherwise 0 */
    int32_t sys;     /* errno behind it, or 0 */
    char msg[ERR_MSG_BYTES];
};

/* Both are -1, so that `return err_set(...)` reads as one thought. err_sys() appends strerror(errno). Macros, so that
 * compilers and analysers see the -1 without looking into another file. */
#define err_set(err, reason, ...) (err_fill((err), (reason), __VA_ARGS__), err_failed())
#define err_sys(err, reason, ...) (err_fill_sys((err), (reason), __VA_ARGS__), err_failed())
static inline int err_failed(void) { return -1; }
void err_fill(struct err *err, enum reason reason, const char *format, ...) __attribute__((format(printf, 3, 4)));
void err_fill_sys(struct err *err, enum reason reason, const char *format, ...) __attribute__((format(printf, 3, 4)));

enum err_kind err_kind(const struct err *err);
int err_exit_code(const struct err *err);

/* "bad_input", "exit:3", "signal:SIGSEGV", "limit:memory": the word used in records, logs and metrics. */
#define REASON_WORD_BYTES 48
void err_word(const struct err *err, char word[REASON_WORD_BYTES]);
const char *reason_word(enum reason reason);

/* Makes a record received from another process safe to use: reason in range, message terminated and printable. */
void err_distrust(struct err *err);

#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        if ((expression) < 0)                                                                                          \
            return -1;                                                                                                 \
    } while (0)

#endif
