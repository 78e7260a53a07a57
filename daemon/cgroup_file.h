/* SPDX-License-Identifier: Apache-2.0 */
/* The small files of a control group: a word is written, a figure read. `group` is its directory. */
#ifndef DAEMON_CGROUP_FILE_H
#define DAEMON_CGROUP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

/* REASON_INFRA names the file. */
MUST_USE int cgroup_write(int group, const char *file, const char *text, struct err *err);
MUST_USE int cgroup_write_number(int group, const char *file, uint64_t number, struct err *err);

/* The whole text, cut to what fits and terminated; empty when there is no such file. */
void cgroup_read(int group, const char *file, char *ret, size_t bytes);

/* The number behind `key` in a text of lines "KEY NUMBER"; key "": the number that the text begins with. */
bool cgroup_figure(const char *text, const char *key, uint64_t *ret);

#endif
