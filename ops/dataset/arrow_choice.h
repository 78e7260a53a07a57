/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which columns of a file are wanted, by name. Several columns may have the same name: all of them are meant.
 *
 * Calling sequence: arrow_choice_init() → arrow_choice_find() for each field of the schema → arrow_choice_missing() →
 * arrow_choice_done(). Ownership: the names are borrowed. Errors: REASON_BAD_INPUT, REASON_INFRA.
 */
#ifndef DATASET_ARROW_CHOICE_H
#define DATASET_ARROW_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define ARROW_NOT_CHOSEN UINT32_MAX

struct arrow_choice_name {
    const char *text;
    size_t bytes;
    uint32_t place; /* in the list that was given */
    bool found;
};

struct arrow_choice {
    bool all;
    struct arrow_choice_name *names; /* owned; sorted */
    uint32_t count;
};

/* `names`: each with its NUL, one behind the other, all distinct; NULL: all columns. */
MUST_USE int arrow_choice_init(struct arrow_choice *choice, const char *names, size_t bytes, struct err *err);

/* The place of a name in the list, or ARROW_NOT_CHOSEN. */
uint32_t arrow_choice_find(struct arrow_choice *choice, const char *name, size_t bytes);

/* The first name in the list that was not found, or NULL. */
const struct arrow_choice_name *arrow_choice_missing(const struct arrow_choice *choice);
void arrow_choice_done(struct arrow_choice *choice);

#define auto_choice __attribute__((cleanup(arrow_choice_done)))

#endif
