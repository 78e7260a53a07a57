/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings in a text of sections, `key = value` lines and comments, read with inih; errors name file and line.
 *
 * Calling sequence: inifile_read() calls `take` for each pair, in order. `take` returns 1, or what inifile_refuse() returns.
 * The first error ends the reading. Errors: REASON_CONFIG, "FILE: line 3: …".
 *
 * inih is built with lines of 200 bytes and cuts longer ones without a word: they are refused here. A line that starts with
 * a blank is more of the value above, and refused but for the one key that may have many: `take` is called again for it.
 */
#ifndef QUERN_INIFILE_H
#define QUERN_INIFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"

#define INIFILE_LINE_BYTES 196

struct inifile;
typedef int inifile_take_fn(struct inifile *inifile, void *context, const char *section, const char *key,
                            const char *value);

struct inifile {
    const char *name; /* in messages */
    const char *rest; /* of the text */
    uint32_t line;
    bool continues; /* this value is more of the one above */
    bool failed;
    const char *many_lines; /* the key that may have them; NULL: none */
    bool goes_on;           /* that key was the last one */
    struct err *err;
    inifile_take_fn *take;
    void *context;
};

/* `many_lines`: the key whose value may have more than one line, or NULL. */
MUST_USE int inifile_read(const char *name, const char *text, const char *many_lines, inifile_take_fn *take,
                          void *context, struct err *err);

int inifile_refuse(struct inifile *inifile, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
