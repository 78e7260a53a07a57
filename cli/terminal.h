/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the command line speaks to: what the terminal can, and our own words on it.
 *
 * Our words are written in UTF-8 with a few signs (✓ ✕ ⊘ ▶ · × … ↵ ∅ and box drawing); outside UTF-8 locales each has an
 * ASCII form. terminal_say() shows controls of its arguments escaped, on pipes too: names and messages are foreign.
 * Colours are the eight basic ones, bold and dim; off without a terminal, with NO_COLOR, and for TERM=dumb, unless
 * --color says otherwise. setlocale(LC_CTYPE, "") comes first. `file` is borrowed.
 */
#ifndef QUERN_CLI_TERMINAL_H
#define QUERN_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/escape.h"

#define TERMINAL_COLUMNS 80 /* when it cannot be asked */

enum terminal_colour { TERMINAL_COLOUR_AUTO, TERMINAL_COLOUR_ALWAYS, TERMINAL_COLOUR_NEVER };

enum terminal_style {
    TERMINAL_PLAIN,
    TERMINAL_BOLD,
    TERMINAL_DIM,
    TERMINAL_RED,
    TERMINAL_GREEN,
    TERMINAL_YELLOW,
};

struct terminal {
    FILE *file;
    bool screen; /* a terminal of any kind: foreign text is filtered */
    bool tty;    /* one that can be steered: not TERM=dumb */
    bool colour;
    bool utf8;
    uint32_t columns;
    bool line_open; /* the last byte was not a line end */
};

void terminal_open(struct terminal *terminal, FILE *file, enum terminal_colour colour);
void terminal_style(struct terminal *terminal, enum terminal_style style);
void terminal_say(struct terminal *terminal, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Overwrites the current line with nothing. Only on a tty. */
void terminal_clear_line(struct terminal *terminal);

#endif
