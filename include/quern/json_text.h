/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as text in which every double keeps all bits: of 15, 16 or 17 digits as few as give it back.
 *
 *     json_text(value, JSON_INDENT(2)) → free()
 *
 * As json_dumps(), with its flags but JSON_REAL_PRECISION; NULL when memory is out. The numeric locale must be "C".
 */
#ifndef QUERN_JSON_TEXT_H
#define QUERN_JSON_TEXT_H

#include <jansson.h>

#include "quern/err.h"

MUST_USE char *json_text(const json_t *value, size_t flags);

#endif
