// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "arff.h"
#include "arff_date.h"
#include "quern/own.h"

enum { ESCAPE_BYTES = 6 }; // \u0041: the longest way to write a byte

static int no_memory(struct err *err) {
    return err_set(err, REASON_INFRA, "out of memory for the header of an ARFF file");
}

static int copy_word(const struct arff_word *word, char **ret, size_t *ret_bytes, struct err *err) {
    *ret = malloc(word->bytes + 1);
    if (!*ret)
        return no_memory(err);
    *ret_bytes = arff_word_copy(word, *ret);
    return 0;
}

static bool is_text(const struct arff_word *word) { return word->kind == ARFF_BARE || word->kind == ARFF_QUOTED; }

static int expected(const struct arff_text *text, const struct arff_word *word, const char *what, struct err *err) {
    char found[UTF8_LABEL_BYTES];
    arff_word_label(word, found);
    return arff_text_refuse(text, word->start, err, "expected %s, found %s", what, found);
}

static int expect_end(struct arff_text *text, struct err *err) {
    struct arff_word word;
    TRY(arff_text_word(text, ARFF_IN_DECLARATION, &word, err));
    return word.kind == ARFF_END ? 0 : expected(text, &word, "the end of the line", err);
}

// ---- nominal values ----

// The next value or the closing brace. Commas are optional, but between two of them there is a value.
static int next_label(struct arff_text *text, bool first, struct arff_word *ret, struct err *err) {
    TRY(arff_text_word(text, ARFF_IN_DECLARATION, ret, err));
    bool comma = !first && ret->kind == ARFF_COMMA;
    if (comma)
        TRY(arff_text_word(text, ARFF_IN_DECLARATION, ret, err));
    if (is_text(ret) || (ret->kind == ARFF_CLOSE && !comma))
        return 0;
    return expected(text, ret, comma || first ? "a nominal value" : "a nominal value or }", err);
}

// How many there are and how many bytes they need; `text` is a copy and so stays where it was.
static int measure_labels(struct arff_text text, struct arff_labels *labels, size_t *ret_bytes, struct err *err) {
    struct arff_word word;
    size_t longest = 0;
    for (*ret_bytes = 0;; labels->count++) {
        TRY(next_label(&text, labels->count == 0, &word, err));
        if (word.kind == ARFF_CLOSE)
            break;
        *ret_bytes += word.bytes;
        longest = word.bytes > longest ? word.bytes : longest;
        if (labels->count == INT32_MAX - 2)
            return arff_text_refuse(&text, word.start, err, "more than %d nominal values", INT32_MAX - 2);
    }
    labels->room = (longest + 1) * ESCAPE_BYTES;
    return 0;
}

static int read_label(struct arff_text *text, struct arff_labels *labels, uint32_t index, struct err *err) {
    struct arff_word word;
    char found[UTF8_LABEL_BYTES];
    TRY(next_label(text, index == 0, &word, err));
    int64_t at = labels->offsets[index];
    labels->offsets[index + 1] = at + (int64_t)arff_word_copy(&word, labels->bytes + at);
    if (distinct_add(&labels->set, index) == index)
        return 0;
    arff_word_label(&word, found);
    return arff_text_refuse(text, word.start, err, "the nominal value '%s' is declared twice", found);
}

static int read_labels(struct arff_text *text, struct arff_labels *labels, struct err *err) {
    struct arff_word close;
    size_t bytes;
    TRY(measure_labels(*text, labels, &bytes, err));
    labels->bytes = malloc(bytes + labels->room + 1);
    labels->offsets = calloc((size_t)labels->count + 2, sizeof *labels->offsets);
    if (!labels->bytes || !labels->offsets)
        return no_memory(err);
    const struct distinct_values values = {.kind = SEGMENT_UTF8, .values = labels->bytes, .offsets = labels->offsets};
    TRY(distinct_init(&labels->set, &values, (uint64_t)labels->count + 1, err));
    for (uint32_t i = 0; i < labels->count; i++)
        TRY(read_label(text, labels, i, err));
    return next_label(text, labels->count == 0, &close, err);
}

// The word is put behind the last value; whether an equal one stands before it is the answer.
uint32_t arff_labels_find(struct arff_labels *labels, const struct arff_word *word) {
    if (word->bytes > labels->room)
        return labels->count;
    int64_t at = labels->offsets[labels->count];
    labels->offsets[labels->count + 1] = at + (int64_t)arff_word_copy(word, labels->bytes + at);
    return distinct_find(&labels->set, labels->count);
}

// ---- attributes ----

static int read_pattern(struct arff_text *text, struct arff_attribute *attribute, struct err *err) {
    static const struct arff_word usual = {
        .kind = ARFF_BARE, .at = ARFF_DATE_DEFAULT, .bytes = sizeof ARFF_DATE_DEFAULT - 1};
    struct arff_word word;
    TRY(arff_text_word(text, ARFF_IN_DECLARATION, &word, err));
    if (word.kind != ARFF_END && !is_text(&word))
        return expected(text, &word, "the pattern of a date", err);
    TRY(copy_word(word.kind == ARFF_END ? &usual : &word, &attribute->pattern, &attribute->pattern_bytes, err));
    size_t bad = arff_date_check(attribute->pattern, attribute->pattern_bytes, &attribute->zoned);
    if (bad < attribute->pattern_bytes)
        return arff_text_refuse(
            text, word.start, err,
            "a date pattern with the letter %c, which is not known (y M d H k K h a m s S E Z X are)",
            attribute->pattern[bad]);
    return 0;
}

static int read_type(struct arff_text *text, struct arff_attribute *attribute, struct err *err) {
    struct arff_word word;
    TRY(arff_text_word(text, ARFF_IN_DECLARATION, &word, err));
    if (word.kind == ARFF_OPEN) {
        attribute->type = ARFF_NOMINAL;
        return read_labels(text, &attribute->labels, err);
    }
    if (arff_word_is(&word, "date")) {
        attribute->type = ARFF_DATE;
        return read_pattern(text, attribute, err);
    }
    if (arff_word_is(&word, "relational"))
        return arff_text_refuse(text, word.start, err, "a relational attribute (a table in a cell) is not supported");
    if (arff_word_is(&word, "numeric") || arff_word_is(&word, "real"))
        attribute->type = ARFF_NUMERIC;
    else if (arff_word_is(&word, "integer"))
        attribute->type = ARFF_INTEGER;
    else if (arff_word_is(&word, "string"))
        attribute->type = ARFF_STRING;
    else
        return expected(text, &word, "a type (numeric, real, integer, string, date or {value, ...})", err);
    return 0;
}

static int read_attribute(struct arff_text *text, struct arff_attribute *attribute, struct err *err) {
    struct arff_word word;
    TRY(arff_text_word(text, ARFF_IN_DECLARATION, &word, err));
    if (!is_text(&word))
        return expected(text, &word, "the name of an attribute", err);
    TRY(copy_word(&word, &attribute->name, &attribute->name_bytes, err));
    TRY(read_type(text, attribute, err));
    return expect_end(text, err);
}

static int add_attribute(struct arff_text *text, const struct codec_ceilings *ceilings, struct arff_header *header,
                         uint32_t *room, struct err *err) {
    if (header->count >= ceilings->columns)
        return err_set(err, REASON_LIMIT_OUTPUT, "more than %u attributes, which is the limit", ceilings->columns);
    if (header->count == *room) {
        uint32_t wanted = *room ? *room * 2 : 16;
        struct arff_attribute *grown = reallocarray(header->attributes, wanted, sizeof *grown);
        if (!grown)
            return no_memory(err);
        header->attributes = grown;
        *room = wanted;
    }
    struct arff_attribute *attribute = &header->attributes[header->count++];
    *attribute = (struct arff_attribute){0};
    return read_attribute(text, attribute, err);
}

// ---- the header ----

int arff_header_read(struct arff_text *text, const struct codec_ceilings *ceilings, struct arff_header *header,
                     struct err *err) {
    uint32_t room = 0;
    struct arff_word word;
    *header = (struct arff_header){0};
    for (;;) {
        int got = arff_text_line(text, err);
        TRY(got);
        if (got == 0)
            return err_set(err, REASON_BAD_INPUT, "expected @attribute lines and @data, found the end of the file");
        TRY(arff_text_word(text, ARFF_IN_DECLARATION, &word, err));
        if (arff_word_is(&word, "@data"))
            return expect_end(text, err);
        // The name of the relation is used nowhere; many files have blanks in it.
        if (arff_word_is(&word, "@relation"))
            continue;
        if (arff_word_is(&word, "@attribute"))
            TRY(add_attribute(text, ceilings, header, &room, err));
        else
            return expected(text, &word, "@relation, @attribute or @data", err);
    }
}

void arff_header_done(struct arff_header *header) {
    for (uint32_t i = 0; i < header->count; i++) {
        struct arff_attribute *attribute = &header->attributes[i];
        free(attribute->name);
        free(attribute->pattern);
        free(attribute->labels.bytes);
        free(attribute->labels.offsets);
        distinct_done(&attribute->labels.set);
    }
    free(header->attributes);
    *header = (struct arff_header){0};
}
