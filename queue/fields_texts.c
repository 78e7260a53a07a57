// SPDX-License-Identifier: Apache-2.0
#include "fields_private.h"

#include <stdlib.h>
#include <string.h>

static char ***texts_of(const struct field *field, const void *base) { return fields_at(base, field->offset); }

static size_t *count_of(const struct field *field, const void *base) { return fields_at(base, field->count); }

int fields_texts_read(const struct field *field, const json_t *json, void *base, const struct field_place *place,
                      struct err *err) {
    if (!json_is_array(json))
        return fields_wrong_type(place, "an array", json, err);
    size_t count = json_array_size(json);
    TRY(fields_count_check(field, count, place, err));
    char **texts = calloc(count + 1, sizeof *texts);
    if (!texts)
        return err_set(err, REASON_INFRA, "out of memory for a job document");
    *texts_of(field, base) = texts;
    *count_of(field, base) = count;
    for (size_t i = 0; i < count; i++) {
        struct field_place here = {.above = place, .index = i};
        const json_t *value = json_array_get(json, i);
        if (!json_is_string(value))
            return fields_wrong_type(&here, "a string", value, err);
        texts[i] = strdup(json_string_value(value));
        if (!texts[i])
            return err_set(err, REASON_INFRA, "out of memory for a job document");
    }
    return 0;
}

int fields_texts_check(const struct field *field, const void *base, const struct field_place *place, struct err *err) {
    char *const *texts = *texts_of(field, base);
    size_t count = *count_of(field, base);
    if (!texts)
        return 0;
    TRY(fields_count_check(field, count, place, err));
    for (size_t i = 0; i < count; i++) {
        struct field_place here = {.above = place, .index = i};
        if (!texts[i])
            return fields_refuse(&here, err, "expected a string, found none");
        TRY(fields_text_check(field->rule, texts[i], &here, err));
    }
    return 0;
}

json_t *fields_texts_write(const struct field *field, const void *base) {
    char *const *texts = *texts_of(field, base);
    json_auto_t *list = json_array();
    for (size_t i = 0; i < *count_of(field, base); i++)
        if (json_array_append_new(list, json_string(texts[i])) < 0)
            return NULL;
    return json_incref(list);
}

void fields_texts_free(const struct field *field, void *base) {
    char **texts = *texts_of(field, base);
    for (size_t i = 0; texts && i < *count_of(field, base); i++)
        free(texts[i]);
    free(texts);
    *texts_of(field, base) = NULL;
    *count_of(field, base) = 0;
}
