// SPDX-License-Identifier: Apache-2.0
#include "quern/treatment.h"

#include "quern/segment.h"

enum why {
#define WHY(NAME, TREATMENT, text) WHY_##NAME,
#include "../../schemas/treatments.def"
#undef WHY
};

static const struct {
    enum treatment_kind kind;
    const char *text;
} whys[] = {
#define WHY(NAME, TREATMENT, text) [WHY_##NAME] = {TREATMENT_##TREATMENT, text},
#include "../../schemas/treatments.def"
#undef WHY
};

static const char *const words[] = {
#define TREATMENT(NAME, word, text) [TREATMENT_##NAME] = (word),
#include "../../schemas/treatments.def"
#undef TREATMENT
};

static enum why why_number(const struct segment_array *array) {
    if (array->flags & SEGMENT_NULLABLE && array->null_count)
        return WHY_MASK;
    return array->null_count ? WHY_SENTINELS : WHY_AS_IS;
}

static enum why why_kind(const struct segment_array *array) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    if (kind == SEGMENT_BOOL)
        return WHY_BOOL;
    if (kind == SEGMENT_FLAGS)
        return WHY_FLAGS;
    if (segment_kind_is_codes(kind))
        return array->flags & SEGMENT_CELLS ? WHY_SHARED_TEXT : WHY_CODES;
    if (kind == SEGMENT_UTF8)
        return WHY_TEXT;
    if (kind == SEGMENT_BINARY)
        return WHY_BINARY;
    if (kind == SEGMENT_TIME)
        return WHY_DAY_TIMES;
    return kind == SEGMENT_NULL ? WHY_NOTHING : why_number(array);
}

static enum why why_of(const struct segment_array *array) {
    switch ((enum segment_origin)array->origin) {
    case SEGMENT_FROM_INTEGERS:
        return WHY_INTEGERS;
    case SEGMENT_FROM_DECIMALS:
        return array->kind == SEGMENT_FLOAT64 ? WHY_DECIMALS : WHY_DECIMAL_TEXT;
    case SEGMENT_FROM_DATES:
        return WHY_DATES;
    case SEGMENT_FROM_UNIT:
        return WHY_UNIT;
    case SEGMENT_FROM_CODES_WIDTH:
        return WHY_CODES_WIDTH;
    case SEGMENT_FROM_CODES_VALUES:
        return WHY_CODES_VALUES;
    case SEGMENT_FROM_SAME:
        break;
    }
    return why_kind(array);
}

static uint64_t bytes_of(const struct segment_array *array) {
    return array->nulls.bytes + array->offsets.bytes + array->values.bytes;
}

// A dictionary that several columns share counts once.
static uint64_t dictionary_bytes(const void *segment, uint32_t column) {
    uint32_t dictionary = segment_array(segment, column)->dictionary;
    if (dictionary == SEGMENT_NO_DICTIONARY)
        return 0;
    for (uint32_t i = 0; i < column; i++)
        if (segment_array(segment, i)->dictionary == dictionary)
            return 0;
    return bytes_of(segment_array(segment, dictionary));
}

void treatment_of(const void *segment, uint32_t column, struct treatment *ret) {
    const struct segment_array *array = segment_array(segment, column);
    enum why why = why_of(array);
    *ret = (struct treatment){.kind = whys[why].kind,
                              .word = words[whys[why].kind],
                              .why = whys[why].text,
                              .bytes = bytes_of(array) + dictionary_bytes(segment, column)};
}
