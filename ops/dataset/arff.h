/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an ARFF reader: what the header declares, and what a first walk through the rows finds. */
#ifndef DATASET_ARFF_H
#define DATASET_ARFF_H

#include "arff_text.h"
#include "distinct.h"
#include "quern/dataset.h"

enum arff_type { ARFF_NUMERIC, ARFF_INTEGER, ARFF_STRING, ARFF_DATE, ARFF_NOMINAL };

/* The values that a nominal attribute may have, distinct, in the order in which they are declared. */
struct arff_labels {
    uint32_t count;
    char *bytes;      /* owned; behind the last one there is room for one more word */
    int64_t *offsets; /* owned; count + 2 */
    size_t room;      /* a word that needs more is none of them */
    struct distinct set;
};

struct arff_attribute {
    enum arff_type type;
    char *name; /* owned */
    size_t name_bytes;
    char *pattern; /* owned; DATE */
    size_t pattern_bytes;
    bool zoned; /* DATE: the pattern has an offset */
    struct arff_labels labels;

    /* of the rows */
    bool missing;
    bool broken;    /* INTEGER: one is no int64 */
    uint64_t bytes; /* STRING: room that suffices */
};

struct arff_header {
    struct arff_attribute *attributes; /* owned */
    uint32_t count;
};

/* Leaves `text` behind the line of @data. What it made so far is freed by arff_header_done() in any case. */
MUST_USE int arff_header_read(struct arff_text *text, const struct codec_ceilings *ceilings, struct arff_header *header,
                              struct err *err);
void arff_header_done(struct arff_header *header);

/* labels->count when the word is none of them. */
uint32_t arff_labels_find(struct arff_labels *labels, const struct arff_word *word);

/* The word as a number; what is whole and fits is one of 64 bits, too. */
enum arff_number { ARFF_NO_NUMBER, ARFF_WHOLE, ARFF_REAL };
enum arff_number arff_number_read(const struct arff_word *word, int64_t *ret_whole, double *ret_real);

#endif
