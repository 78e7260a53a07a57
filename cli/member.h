/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a job's record that may be missing or of another type: then they are empty, or 0. Texts belong to the object. */
#ifndef QUERN_CLI_MEMBER_H
#define QUERN_CLI_MEMBER_H

#include <jansson.h>
#include <stdint.h>

const char *member_text(const json_t *object, const char *name);
uint64_t member_count(const json_t *object, const char *name);

#endif
