/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of an ARFF file, line by line: bare ones, quoted ones with escapes, commas and braces.
 *
 * Calling sequence: arff_text_line() → arff_text_word() until the line's end → arff_text_line() → ... Blank lines and
 * comments (% in front of a word, up to the line's end) are passed over. A word borrows the file's bytes;
 * arff_word_copy() makes what it means of it. A comma, a tab and a blank separate words.
 *
 * Errors: REASON_BAD_INPUT with line and column (from 1, in characters): a quote without an end, what is no UTF-8, a
 * NUL byte. arff_text_refuse() writes others in the same way.
 */
#ifndef DATASET_ARFF_TEXT_H
#define DATASET_ARFF_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"
#include "quern/utf8.h"

struct arff_text {
    const char *at, *end; /* the next byte, the end of the file */
    const char *line;     /* where this line begins */
    const char *line_end;
    const char *next_line;
    uint64_t number; /* of this line */
};

enum arff_word_kind {
    ARFF_END,    /* of the line */
    ARFF_BARE,   /* as it stands */
    ARFF_QUOTED, /* what stands in between the quotes */
    ARFF_COMMA,
    ARFF_OPEN, /* { at the beginning of a word */
    ARFF_CLOSE
};

struct arff_word {
    enum arff_word_kind kind;
    bool escapes;      /* QUOTED: has a backslash */
    const char *start; /* for messages: its first byte, a quote too, or the line's end */
    const char *at;
    size_t bytes;
};

/* `braces`: { and } end a bare word, as in a declaration. */
enum arff_where { ARFF_IN_DATA, ARFF_IN_DECLARATION };

void arff_text_open(struct arff_text *text, const char *bytes, size_t count);

/* Goes to the next line that has a word. 1: there is one, 0: the file ends. */
MUST_USE int arff_text_line(struct arff_text *text, struct err *err);
MUST_USE int arff_text_word(struct arff_text *text, enum arff_where where, struct arff_word *ret, struct err *err);

/* What the word means, into `to` of word->bytes + 1 bytes: at most that many. Returns how many. */
size_t arff_word_copy(const struct arff_word *word, char *to);

/* A bare word that says so in any case: "@data". */
bool arff_word_is(const struct arff_word *word, const char *expected);

/* `at`: a byte of this line; the message follows "line 3, column 7: ". */
__attribute__((format(printf, 5, 6))) void arff_text_fill(const struct arff_text *text, const char *at, struct err *err,
                                                          enum reason reason, const char *format, ...);
#define arff_text_refuse(text, at, err, ...)                                                                           \
    (arff_text_fill((text), (at), (err), REASON_BAD_INPUT, __VA_ARGS__), err_failed())

/* The word for a message. */
void arff_word_label(const struct arff_word *word, char label[UTF8_LABEL_BYTES]);

#endif
