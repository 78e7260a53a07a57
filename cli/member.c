// SPDX-License-Identifier: Apache-2.0
#include "cli/member.h"

const char *member_text(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

uint64_t member_count(const json_t *object, const char *name) {
    json_int_t count = json_integer_value(json_object_get(object, name));
    return count > 0 ? (uint64_t)count : 0;
}
