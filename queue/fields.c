// SPDX-License-Identifier: Apache-2.0
#include "fields_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "quern/own.h"

enum { PATH_BYTES = 400, FOUND_BYTES = 120 };

static size_t place_text(const struct field_place *place, char *text, size_t room) {
    size_t used = place->above ? place_text(place->above, text, room) : 0;
    int more = place->name ? snprintf(text + used, room - used, "%s%.80s", used ? "." : "", place->name)
                           : snprintf(text + used, room - used, "[%zu]", place->index);
    used += (size_t)more;
    return used < room ? used : room - 1;
}

int fields_refuse(const struct field_place *place, struct err *err, const char *format, ...) {
    if (!err)
        return -1;
    char path[PATH_BYTES] = "job", message[ERR_MSG_BYTES];
    if (place)
        place_text(place, path, sizeof path);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    err_set(err, REASON_BAD_INPUT, "%s: %s", path, message);
    err_distrust(err);
    return -1;
}

// A value of somebody else's as a message shows it.
static const char *found(const json_t *value, char text[FOUND_BYTES]) {
    if (json_is_object(value) || json_is_array(value))
        return json_is_object(value) ? "an object" : "an array";
    auto_free char *dump = json_dumps(value, JSON_ENCODE_ANY);
    snprintf(text, FOUND_BYTES, "%s", dump ? dump : "?");
    return text;
}

int fields_wrong_type(const struct field_place *place, const char *expected, const json_t *value, struct err *err) {
    char text[FOUND_BYTES];
    return fields_refuse(place, err, "expected %s, found %s", expected, found(value, text));
}

/* ---- integers, booleans, words ---- */

static uint64_t integer_get(const struct field *field, const void *base) {
    return field->bytes == sizeof(uint32_t) ? *(uint32_t *)fields_at(base, field->offset)
                                            : *(uint64_t *)fields_at(base, field->offset);
}

static int integer_check(const struct field *field, uint64_t value, const struct field_place *place, struct err *err) {
    if (value >= field->min && value <= field->max)
        return 0;
    return fields_refuse(place, err, "expected %llu..%llu, found %llu", (unsigned long long)field->min,
                         (unsigned long long)field->max, (unsigned long long)value);
}

static int integer_read(const struct field *field, const json_t *json, void *base, const struct field_place *place,
                        struct err *err) {
    if (!json_is_integer(json))
        return fields_wrong_type(place, field->min ? "a positive integer" : "an integer", json, err);
    if (json_integer_value(json) < 0)
        return fields_refuse(place, err, "expected %llu..%llu, found %lld", (unsigned long long)field->min,
                             (unsigned long long)field->max, (long long)json_integer_value(json));
    uint64_t value = (uint64_t)json_integer_value(json);
    TRY(integer_check(field, value, place, err));
    if (field->bytes == sizeof(uint32_t))
        *(uint32_t *)fields_at(base, field->offset) = (uint32_t)value;
    else
        *(uint64_t *)fields_at(base, field->offset) = value;
    return 0;
}

static int boolean_read(const struct field *field, const json_t *json, void *base, const struct field_place *place,
                        struct err *err) {
    if (!json_is_boolean(json))
        return fields_wrong_type(place, "true or false", json, err);
    *(bool *)fields_at(base, field->offset) = json_is_true(json);
    return 0;
}

static uint32_t word_count(const struct field *field) {
    uint32_t count = 0;
    while (field->words[count])
        count++;
    return count;
}

static int word_read(const struct field *field, const json_t *json, void *base, const struct field_place *place,
                     struct err *err) {
    for (uint32_t i = 0; json_is_string(json) && field->words[i]; i++)
        if (strcmp(json_string_value(json), field->words[i]) == 0) {
            *(uint32_t *)fields_at(base, field->offset) = i + 1;
            return 0;
        }
    return fields_wrong_type(place, field->what, json, err);
}

static int word_check(const struct field *field, const void *base, const struct field_place *place, struct err *err) {
    uint32_t word = *(uint32_t *)fields_at(base, field->offset);
    if (word >= 1 && word <= word_count(field))
        return 0;
    return fields_refuse(place, err, "expected %s, found number %u", field->what, word);
}

/* ---- texts ---- */

int fields_text_check(field_rule *rule, const char *text, const struct field_place *place, struct err *err) {
    struct err fault;
    if (!rule || rule(text, &fault) == 0)
        return 0;
    return fields_refuse(place, err, "%s", fault.msg);
}

static int text_read(const struct field *field, const json_t *json, void *base, const struct field_place *place,
                     struct err *err) {
    if (!json_is_string(json))
        return fields_wrong_type(place, "a string", json, err);
    TRY(fields_text_check(field->rule, json_string_value(json), place, err));
    if (field->kind == FIELD_CHARS) {
        snprintf(fields_at(base, field->offset), field->bytes, "%s", json_string_value(json));
        return 0;
    }
    char **slot = fields_at(base, field->offset);
    free(*slot);
    *slot = strdup(json_string_value(json));
    return *slot ? 0 : err_set(err, REASON_INFRA, "out of memory for a job document");
}

static int chars_check(const struct field *field, const void *base, const struct field_place *place, struct err *err) {
    const char *chars = fields_at(base, field->offset);
    if (!memchr(chars, '\0', field->bytes))
        return fields_refuse(place, err, "expected at most %zu bytes, found more", field->bytes - 1);
    return fields_text_check(field->rule, chars, place, err);
}

static int pointer_check(const struct field *field, const void *base, const struct field_place *place,
                         struct err *err) {
    const char *text = *(char **)fields_at(base, field->offset);
    if (text)
        return fields_text_check(field->rule, text, place, err);
    return field->required ? fields_refuse(place, err, "expected a string, found none") : 0;
}

/* ---- lists and pairs ---- */

int fields_count_check(const struct field *field, size_t count, const struct field_place *place, struct err *err) {
    if (count < field->min)
        return fields_refuse(place, err, "expected at least %llu, found %zu", (unsigned long long)field->min, count);
    if (count <= field->max)
        return 0;
    return fields_refuse(place, err, "expected at most %llu, found %zu", (unsigned long long)field->max, count);
}

// Room for `count` zeroed elements, hung in at once so that fields_free() finds what was read before an error.
static int list_make(const struct field *field, void *base, size_t count, struct err *err) {
    void *elements = calloc(count ? count : 1, field->bytes);
    if (!elements)
        return err_set(err, REASON_INFRA, "out of memory for a job document");
    *(void **)fields_at(base, field->offset) = elements;
    *(size_t *)fields_at(base, field->count) = count;
    return 0;
}

static int list_read(const struct field *field, const json_t *json, void *base, const struct field_place *place,
                     struct err *err) {
    if (!json_is_array(json))
        return fields_wrong_type(place, "an array", json, err);
    size_t count = json_array_size(json);
    TRY(fields_count_check(field, count, place, err));
    TRY(list_make(field, base, count, err));
    char *elements = *(char **)fields_at(base, field->offset);
    for (size_t i = 0; i < count; i++) {
        struct field_place here = {.above = place, .index = i};
        TRY(fields_read(field->inner, json_array_get(json, i), elements + i * field->bytes, &here, err));
    }
    return 0;
}

static int list_check(const struct field *field, const void *base, const struct field_place *place, struct err *err) {
    const char *elements = *(char **)fields_at(base, field->offset);
    size_t count = *(size_t *)fields_at(base, field->count);
    TRY(fields_count_check(field, count, place, err));
    for (size_t i = 0; i < count; i++) {
        struct field_place here = {.above = place, .index = i};
        TRY(fields_check(field->inner, elements + i * field->bytes, &here, err));
    }
    return 0;
}

static json_t *list_write(const struct field *field, const void *base) {
    const char *elements = *(char **)fields_at(base, field->offset);
    size_t count = *(size_t *)fields_at(base, field->count);
    json_auto_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, fields_write(field->inner, elements + i * field->bytes)) < 0)
            return NULL;
    return json_incref(list);
}

static int pairs_read(const struct field *field, json_t *json, void *base, const struct field_place *place,
                      struct err *err) {
    if (!json_is_object(json))
        return fields_wrong_type(place, "an object", json, err);
    TRY(fields_count_check(field, json_object_size(json), place, err));
    TRY(list_make(field, base, json_object_size(json), err));
    struct field_pair *pair = *(struct field_pair **)fields_at(base, field->offset);
    for (void *entry = json_object_iter(json); entry; entry = json_object_iter_next(json, entry), pair++) {
        struct field_place here = {.above = place, .name = json_object_iter_key(entry)};
        const json_t *value = json_object_iter_value(entry);
        if (!json_is_string(value))
            return fields_wrong_type(&here, "a string", value, err);
        pair->key = strdup(here.name);
        pair->value = strdup(json_string_value(value));
        if (!pair->key || !pair->value)
            return err_set(err, REASON_INFRA, "out of memory for a job document");
    }
    return 0;
}

static int pairs_check(const struct field *field, const void *base, const struct field_place *place, struct err *err) {
    const struct field_pair *pairs = *(struct field_pair **)fields_at(base, field->offset);
    size_t count = *(size_t *)fields_at(base, field->count);
    TRY(fields_count_check(field, count, place, err));
    for (size_t i = 0; i < count; i++) {
        if (!pairs[i].key || !pairs[i].value)
            return fields_refuse(place, err, "expected names with values, found one without");
        TRY(fields_text_check(field->key_rule, pairs[i].key, place, err));
        struct field_place here = {.above = place, .name = pairs[i].key};
        TRY(fields_text_check(field->rule, pairs[i].value, &here, err));
        for (size_t j = 0; j < i; j++)
            if (strcmp(pairs[i].key, pairs[j].key) == 0)
                return fields_refuse(&here, err, "expected the name once, found it twice");
    }
    return 0;
}

static json_t *pairs_write(const struct field *field, const void *base) {
    const struct field_pair *pairs = *(struct field_pair **)fields_at(base, field->offset);
    size_t count = *(size_t *)fields_at(base, field->count);
    json_auto_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        if (json_object_set_new(object, pairs[i].key, json_string(pairs[i].value)) < 0)
            return NULL;
    return json_incref(object);
}

static void list_free(const struct field *field, void *base) {
    char *elements = *(char **)fields_at(base, field->offset);
    for (size_t i = 0; elements && i < *(size_t *)fields_at(base, field->count); i++) {
        struct field_pair *pair = (void *)(elements + i * field->bytes);
        if (field->kind == FIELD_LIST) {
            fields_free(field->inner, pair);
            continue;
        }
        free(pair->key);
        free(pair->value);
    }
    free(elements);
    *(char **)fields_at(base, field->offset) = NULL;
    *(size_t *)fields_at(base, field->count) = 0;
}

/* ---- whole objects ---- */

static bool present(const struct field *field, const void *base) {
    if (field->kind == FIELD_INTEGER)
        return !field->unsaid || integer_get(field, base) != 0;
    bool may_be_absent = field->kind == FIELD_OBJECT || field->kind == FIELD_TEXT || field->kind == FIELD_TEXTS;
    if (field->required || !may_be_absent || field->bytes)
        return true;
    return *(char **)fields_at(base, field->offset) != NULL;
}

static int field_read(const struct field *field, json_t *json, void *base, const struct field_place *place,
                      struct err *err) {
    switch (field->kind) {
    case FIELD_INTEGER:
        return integer_read(field, json, base, place, err);
    case FIELD_BOOLEAN:
        return boolean_read(field, json, base, place, err);
    case FIELD_WORD:
        return word_read(field, json, base, place, err);
    case FIELD_TEXT:
    case FIELD_CHARS:
        return text_read(field, json, base, place, err);
    case FIELD_OBJECT:
        return fields_read(field->inner, json, fields_at(base, field->offset), place, err);
    case FIELD_LIST:
        return list_read(field, json, base, place, err);
    case FIELD_PAIRS:
        return pairs_read(field, json, base, place, err);
    case FIELD_TEXTS:
        return fields_texts_read(field, json, base, place, err);
    }
    return err_set(err, REASON_BUG, "%s: a field of no kind", field->name);
}

static int field_check(const struct field *field, const void *base, const struct field_place *place, struct err *err) {
    switch (field->kind) {
    case FIELD_INTEGER:
        return present(field, base) ? integer_check(field, integer_get(field, base), place, err) : 0;
    case FIELD_BOOLEAN:
        return 0;
    case FIELD_WORD:
        return word_check(field, base, place, err);
    case FIELD_TEXT:
        return pointer_check(field, base, place, err);
    case FIELD_CHARS:
        return chars_check(field, base, place, err);
    case FIELD_OBJECT:
        return present(field, base) ? fields_check(field->inner, fields_at(base, field->offset), place, err) : 0;
    case FIELD_LIST:
        return list_check(field, base, place, err);
    case FIELD_PAIRS:
        return pairs_check(field, base, place, err);
    case FIELD_TEXTS:
        return fields_texts_check(field, base, place, err);
    }
    return err_set(err, REASON_BUG, "%s: a field of no kind", field->name);
}

static json_t *field_write(const struct field *field, const void *base) {
    switch (field->kind) {
    case FIELD_INTEGER:
        return json_integer((json_int_t)integer_get(field, base));
    case FIELD_BOOLEAN:
        return json_boolean(*(bool *)fields_at(base, field->offset));
    case FIELD_WORD:
        return json_string(field->words[*(uint32_t *)fields_at(base, field->offset) - 1]);
    case FIELD_TEXT:
        return json_string(*(char **)fields_at(base, field->offset));
    case FIELD_CHARS:
        return json_string(fields_at(base, field->offset));
    case FIELD_OBJECT:
        return fields_write(field->inner, fields_at(base, field->offset));
    case FIELD_LIST:
        return list_write(field, base);
    case FIELD_PAIRS:
        return pairs_write(field, base);
    case FIELD_TEXTS:
        return fields_texts_write(field, base);
    }
    return NULL;
}

static const struct field *field_find(const struct field *fields, const char *name) {
    for (; fields->name; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

int fields_read(const struct field *fields, json_t *object, void *base, const struct field_place *place,
                struct err *err) {
    if (!json_is_object(object))
        return fields_wrong_type(place, "an object", object, err);
    for (void *entry = json_object_iter(object); entry; entry = json_object_iter_next(object, entry)) {
        struct field_place here = {.above = place, .name = json_object_iter_key(entry)};
        const struct field *field = field_find(fields, here.name);
        if (!field)
            return fields_refuse(&here, err, "no such field");
        TRY(field_read(field, json_object_iter_value(entry), base, &here, err));
    }
    for (const struct field *field = fields; field->name; field++) {
        struct field_place here = {.above = place, .name = field->name};
        if (field->required && !json_object_get(object, field->name))
            return fields_refuse(&here, err, "expected this field, found none");
    }
    return 0;
}

int fields_check(const struct field *fields, const void *base, const struct field_place *place, struct err *err) {
    for (; fields->name; fields++) {
        struct field_place here = {.above = place, .name = fields->name};
        TRY(field_check(fields, base, &here, err));
    }
    return 0;
}

json_t *fields_write(const struct field *fields, const void *base) {
    json_auto_t *object = json_object();
    for (; fields->name; fields++)
        if (present(fields, base) && json_object_set_new(object, fields->name, field_write(fields, base)) < 0)
            return NULL;
    return json_incref(object);
}

void fields_free(const struct field *fields, void *base) {
    for (; fields->name; fields++) {
        if (fields->kind == FIELD_OBJECT)
            fields_free(fields->inner, fields_at(base, fields->offset));
        if (fields->kind == FIELD_LIST || fields->kind == FIELD_PAIRS)
            list_free(fields, base);
        if (fields->kind == FIELD_TEXTS)
            fields_texts_free(fields, base);
        if (fields->kind == FIELD_TEXT) {
            free(*(char **)fields_at(base, fields->offset));
            *(char **)fields_at(base, fields->offset) = NULL;
        }
    }
}
