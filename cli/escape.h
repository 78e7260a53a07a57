/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign text for a terminal: what cannot be seen is shown, what could steer the terminal is not sent.
 *
 *     struct escape escape = {.utf8 = true, .sgr = ESCAPE_SGR_PASS};
 *     escape_write(&escape, bytes, count, file);      any number of times; sequences may be split anywhere
 *     escape_end(&escape, file);                      what was held back, and colours off again
 *
 * Letters, digits, \n and \t pass; colour sequences (SGR, "\033[...m") as chosen; all other C0 and C1 controls, DEL,
 * bidirectional controls, line separators, invisible tags and bytes that are not UTF-8 are written as \x1b or \u202e.
 * "\r\n" is a line end; a lone \r becomes `carriage`. Zero-initialised, the filter shows everything as ASCII.
 */
#ifndef QUERN_CLI_ESCAPE_H
#define QUERN_CLI_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define ESCAPE_HELD_BYTES 64 /* of an unfinished sequence; a longer one is none */

enum escape_sgr { ESCAPE_SGR_SHOW = 0, ESCAPE_SGR_PASS, ESCAPE_SGR_DROP };

struct escape {
    bool utf8; /* the terminal understands UTF-8 */
    enum escape_sgr sgr;
    const char *carriage; /* for a lone \r; NULL: shown as \r */
    const char *newline;  /* for \n; NULL: itself */
    const char *tab;      /* for \t; NULL: itself */
    /* State. */
    char held[ESCAPE_HELD_BYTES];
    size_t held_count;
    bool carriage_held;
    bool coloured;  /* a colour sequence passed that was not the reset */
    bool line_open; /* what was written last was not a line end */
};

void escape_write(struct escape *escape, const char *bytes, size_t count, FILE *file);
void escape_end(struct escape *escape, FILE *file);

#endif
