/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One command as a list of counted texts. Texts are borrowed until the command is sent; numbers are kept inside.
 * More than ARGS_MAX of them is a bug.
 */
#ifndef QUERN_REDIS_ARGS_H
#define QUERN_REDIS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGS_MAX 1664u
#define ARGS_MAX_NUMBERS 544u

struct args {
    const char *texts[ARGS_MAX];
    size_t bytes[ARGS_MAX];
    size_t count;
    char numbers[ARGS_MAX_NUMBERS][24];
    size_t number_count;
    bool secret;
};

void args_begin(struct args *args, const char *command); /* and forgets what was there */
void args_bytes(struct args *args, const char *bytes, size_t count);
void args_text(struct args *args, const char *text);
void args_secret(struct args *args, const char *text); /* of the whole command nothing stays in memory */
void args_number(struct args *args, uint64_t number);

#endif
