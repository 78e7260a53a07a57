/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of fields.h share. Errors as there. */
#ifndef QUERN_FIELDS_PRIVATE_H
#define QUERN_FIELDS_PRIVATE_H

#include "fields.h"

static inline void *fields_at(const void *base, size_t offset) { return (char *)(uintptr_t)base + offset; }

int fields_wrong_type(const struct field_place *place, const char *expected, const json_t *value, struct err *err);
MUST_USE int fields_count_check(const struct field *field, size_t count, const struct field_place *place,
                                struct err *err);
MUST_USE int fields_text_check(field_rule *rule, const char *text, const struct field_place *place, struct err *err);

/* FIELD_TEXTS. A list that is absent is NULL and not written. */
MUST_USE int fields_texts_read(const struct field *field, const json_t *json, void *base,
                               const struct field_place *place, struct err *err);
MUST_USE int fields_texts_check(const struct field *field, const void *base, const struct field_place *place,
                                struct err *err);
json_t *fields_texts_write(const struct field *field, const void *base);
void fields_texts_free(const struct field *field, void *base);

#endif
