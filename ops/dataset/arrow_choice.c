// SPDX-License-Identifier: Apache-2.0
#include "arrow_choice.h"

#include <stdlib.h>
#include <string.h>

#include "quern/own.h"
#include "quern/segment.h"
#include "quern/utf8.h"

static int compare(const void *a, const void *b) {
    const struct arrow_choice_name *left = a, *right = b;
    size_t common = left->bytes < right->bytes ? left->bytes : right->bytes;
    int order = memcmp(left->text, right->text, common);
    return order ? order : (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

static uint32_t count_names(const char *names, size_t bytes) {
    uint32_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += names[i] == 0;
    return count;
}

static int check_distinct(const struct arrow_choice *choice, struct err *err) {
    for (uint32_t i = 1; i < choice->count; i++)
        if (compare(&choice->names[i - 1], &choice->names[i]) == 0) {
            char label[UTF8_LABEL_BYTES];
            utf8_label(choice->names[i].text, choice->names[i].bytes, label);
            return err_set(err, REASON_BAD_INPUT, "column \"%s\" was asked for twice", label);
        }
    return 0;
}

int arrow_choice_init(struct arrow_choice *choice, const char *names, size_t bytes, struct err *err) {
    *choice = (struct arrow_choice){.all = !names};
    if (!names)
        return 0;
    if (bytes > 0 && names[bytes - 1])
        return err_set(err, REASON_BUG, "a list of columns without an end");
    uint32_t count = count_names(names, bytes);
    if (count > SEGMENT_MAX_COLUMNS)
        return err_set(err, REASON_LIMIT_OUTPUT, "%u columns were asked for, the limit is %u", count,
                       SEGMENT_MAX_COLUMNS);
    auto_free struct arrow_choice_name *all = calloc((size_t)count + 1, sizeof *all);
    if (!all)
        return err_set(err, REASON_INFRA, "out of memory for the names of %u columns", count);
    for (uint32_t i = 0; i < count; i++, names += strlen(names) + 1)
        all[i] = (struct arrow_choice_name){.text = names, .bytes = strlen(names), .place = i};
    qsort(all, count, sizeof *all, compare);
    choice->names = steal_ptr(&all);
    choice->count = count;
    return check_distinct(choice, err);
}

uint32_t arrow_choice_find(struct arrow_choice *choice, const char *name, size_t bytes) {
    const struct arrow_choice_name key = {.text = name, .bytes = bytes};
    if (choice->all)
        return 0;
    struct arrow_choice_name *found = bsearch(&key, choice->names, choice->count, sizeof key, compare);
    if (!found)
        return ARROW_NOT_CHOSEN;
    found->found = true;
    return found->place;
}

const struct arrow_choice_name *arrow_choice_missing(const struct arrow_choice *choice) {
    const struct arrow_choice_name *first = NULL;
    for (uint32_t i = 0; i < choice->count; i++)
        if (!choice->names[i].found && (!first || choice->names[i].place < first->place))
            first = &choice->names[i];
    return first;
}

void arrow_choice_done(struct arrow_choice *choice) {
    free(choice->names);
    choice->names = NULL;
}
