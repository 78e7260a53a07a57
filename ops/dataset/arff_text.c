// SPDX-License-Identifier: Apache-2.0
#include "arff_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text_encoding.h"

enum { MESSAGE_BYTES = 512 };

static bool is_blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f' || byte == '\v'; }

static void skip_blanks(struct arff_text *text) {
    while (text->at < text->line_end && is_blank(*text->at))
        text->at++;
    if (text->at < text->line_end && *text->at == '%')
        text->at = text->line_end;
}

// ---- messages ----

static uint64_t column_of(const struct arff_text *text, const char *at) {
    uint64_t column = 1;
    for (const char *byte = text->line; byte < at; byte++)
        column += utf8_starts((uint8_t)*byte);
    return column;
}

void arff_text_fill(const struct arff_text *text, const char *at, struct err *err, enum reason reason,
                    const char *format, ...) {
    char message[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    err_fill(err, reason, "line %llu, column %llu: %s", (unsigned long long)text->number,
             (unsigned long long)column_of(text, at), message);
}

void arff_word_label(const struct arff_word *word, char label[UTF8_LABEL_BYTES]) {
    static const char *const names[] = {
        [ARFF_END] = "the end of the line", [ARFF_COMMA] = "a comma", [ARFF_OPEN] = "{", [ARFF_CLOSE] = "}"};
    if (word->kind == ARFF_BARE || word->kind == ARFF_QUOTED)
        utf8_label(word->at, word->bytes, label);
    else
        snprintf(label, UTF8_LABEL_BYTES, "%s", names[word->kind]);
}

// ---- lines ----

void arff_text_open(struct arff_text *text, const char *bytes, size_t count) {
    static const char mark[] = "\xef\xbb\xbf";
    size_t skipped = count >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    *text = (struct arff_text){.end = bytes + count, .next_line = bytes + skipped};
    text->at = text->line = text->line_end = text->next_line;
}

static int check_line(const struct arff_text *text, struct err *err) {
    size_t count = (size_t)(text->line_end - text->line), bad = utf8_first_bad(text->line, count);
    const char *nul = memchr(text->line, 0, bad);
    if (nul)
        return arff_text_refuse(text, nul, err, "a NUL byte, which no text has");
    if (bad < count)
        return arff_text_refuse(text, text->line + bad, err, "byte 0x%02x is not UTF-8 (%s)",
                                (unsigned)(uint8_t)text->line[bad],
                                text_encoding_remedy(text->line + bad, count - bad));
    return 0;
}

int arff_text_line(struct arff_text *text, struct err *err) {
    while (text->next_line < text->end) {
        text->line = text->at = text->next_line;
        const char *newline = memchr(text->line, '\n', (size_t)(text->end - text->line));
        text->line_end = newline ? newline : text->end;
        text->next_line = newline ? newline + 1 : text->end;
        text->number++;
        skip_blanks(text);
        if (text->at == text->line_end)
            continue;
        TRY(check_line(text, err));
        return 1;
    }
    return 0;
}

// ---- words ----

static int quoted(struct arff_text *text, struct arff_word *ret, struct err *err) {
    char quote = *text->at;
    const char *open = text->at++;
    *ret = (struct arff_word){.kind = ARFF_QUOTED, .start = open, .at = text->at};
    while (text->at < text->line_end && *text->at != quote) {
        bool escape = *text->at == '\\' && text->at + 1 < text->line_end;
        ret->escapes |= escape;
        text->at += escape ? 2 : 1;
    }
    if (text->at >= text->line_end)
        return arff_text_refuse(text, open, err, "a quote that is not closed on its line");
    ret->bytes = (size_t)(text->at++ - ret->at);
    if (text->at < text->line_end && !is_blank(*text->at) && *text->at != ',' && *text->at != '}')
        return arff_text_refuse(text, text->at, err, "expected a comma or a blank behind a closing quote");
    return 0;
}

static void bare(struct arff_text *text, enum arff_where where, struct arff_word *ret) {
    *ret = (struct arff_word){.kind = ARFF_BARE, .start = text->at, .at = text->at};
    while (text->at < text->line_end && !is_blank(*text->at) && *text->at != ',' &&
           !(where == ARFF_IN_DECLARATION && (*text->at == '{' || *text->at == '}')))
        text->at++;
    ret->bytes = (size_t)(text->at - ret->at);
}

int arff_text_word(struct arff_text *text, enum arff_where where, struct arff_word *ret, struct err *err) {
    skip_blanks(text);
    *ret = (struct arff_word){.kind = ARFF_END, .start = text->at, .at = text->at};
    if (text->at == text->line_end)
        return 0;
    switch (*text->at) {
    case '\'':
    case '"':
        return quoted(text, ret, err);
    case ',':
        ret->kind = ARFF_COMMA;
        break;
    case '{':
        ret->kind = ARFF_OPEN;
        break;
    case '}':
        ret->kind = ARFF_CLOSE;
        break;
    default:
        bare(text, where, ret);
        return 0;
    }
    text->at++;
    return 0;
}

bool arff_word_is(const struct arff_word *word, const char *expected) {
    return word->kind == ARFF_BARE && word->bytes == strlen(expected) &&
           strncasecmp(word->at, expected, word->bytes) == 0;
}

// ---- escapes, as Java's StreamTokenizer and Weka read them ----

static size_t put_character(char *to, unsigned code) {
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        to[0] = (char)(0xc0 | code >> 6);
        to[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    to[0] = (char)(0xe0 | code >> 12);
    to[1] = (char)(0x80 | (code >> 6 & 0x3f));
    to[2] = (char)(0x80 | (code & 0x3f));
    return 3;
}

// The digits at `from` in the base; how many there are, `most` at most.
static unsigned digits(const char *from, const char *end, unsigned base, unsigned most, unsigned *ret_code) {
    unsigned count = 0, code = 0;
    for (; count < most && from + count < end; count++) {
        char byte = from[count];
        unsigned digit = byte >= '0' && byte <= '9'   ? (unsigned)(byte - '0')
                         : byte >= 'a' && byte <= 'f' ? (unsigned)(byte - 'a') + 10
                         : byte >= 'A' && byte <= 'F' ? (unsigned)(byte - 'A') + 10
                                                      : base;
        if (digit >= base)
            break;
        code = code * base + digit;
    }
    *ret_code = code;
    return count;
}

// A character never takes more bytes than its escape has. A NUL and half a surrogate pair stay as they are written.
static const char *unescape(const char *from, const char *end, char **to) {
    static const char letters[] = "abfnrtv", meant[] = "\a\b\f\n\r\t\v";
    const char *letter = memchr(letters, *from, sizeof letters - 1);
    unsigned code = 0, most = *from <= '3' ? 3 : 2;
    unsigned octal = digits(from, end, 8, most, &code);
    if (octal > 0 && code > 0 && (code < 0x80 || octal >= 2)) {
        *to += put_character(*to, code);
        return from + octal;
    }
    if (*from == 'u' && digits(from + 1, end, 16, 4, &code) == 4 && code > 0 && (code < 0xd800 || code > 0xdfff)) {
        *to += put_character(*to, code);
        return from + 5;
    }
    *(*to)++ = letter ? meant[letter - letters] : *from;
    return from + 1;
}

size_t arff_word_copy(const struct arff_word *word, char *to) {
    const char *from = word->at, *end = word->at + word->bytes;
    char *begin = to;
    if (!word->escapes) {
        memcpy(to, from, word->bytes);
        return word->bytes;
    }
    while (from < end) {
        if (*from == '\\' && from + 1 < end)
            from = unescape(from + 1, end, &to);
        else
            *to++ = *from++;
    }
    return (size_t)(to - begin);
}
