// SPDX-License-Identifier: Apache-2.0
#include "redis/args.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void args_begin(struct args *args, const char *command) {
    args->count = 0;
    args->number_count = 0;
    args->secret = false;
    args_text(args, command);
}

void args_bytes(struct args *args, const char *bytes, size_t count) {
    assert(args->count < ARGS_MAX);
    args->texts[args->count] = bytes;
    args->bytes[args->count++] = count;
}

void args_text(struct args *args, const char *text) { args_bytes(args, text, strlen(text)); }

void args_secret(struct args *args, const char *text) {
    args_text(args, text);
    args->secret = true;
}

void args_number(struct args *args, uint64_t number) {
    assert(args->number_count < ARGS_MAX_NUMBERS);
    char *place = args->numbers[args->number_count++];
    snprintf(place, sizeof args->numbers[0], "%" PRIu64, number);
    args_text(args, place);
}
