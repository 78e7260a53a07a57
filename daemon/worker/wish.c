// SPDX-License-Identifier: Apache-2.0
#include "wish.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/own.h"

#define ALL_COLUMNS "*"

enum { HASH_BYTES = 32 };

static int join_names(const struct job_input *input, char **ret, size_t *ret_bytes, struct err *err) {
    size_t bytes = 0, used = 0;
    for (size_t i = 0; i < input->column_count; i++)
        bytes += strlen(input->columns[i]) + 1;
    char *names = malloc(bytes + 1);
    if (!names)
        return err_set(err, REASON_INFRA, "out of memory for the names of %zu columns", input->column_count);
    for (size_t i = 0; i < input->column_count; i++) {
        size_t length = strlen(input->columns[i]) + 1;
        memcpy(names + used, input->columns[i], length);
        used += length;
    }
    *ret = names;
    *ret_bytes = bytes;
    return 0;
}

int wish_make(const struct attempt *attempt, const struct job_input *wanted, char **names, struct codec_wish *ret,
              struct err *err) {
    bool text = attempt->job.decimals == JOB_DECIMALS_TEXT;
    *names = NULL;
    *ret = (struct codec_wish){.profile = attempt->profile,
                               .memory_bytes = attempt->calls->available,
                               .share_texts = attempt->task == RUN_SCRIPT,
                               .decimals = text ? CODEC_DECIMALS_TEXT : CODEC_DECIMALS_FLOAT};
    if (wanted->columns)
        TRY(join_names(wanted, names, &ret->column_bytes, err));
    ret->columns = *names;
    return 0;
}

// Names can be longer than a key: a hash of them stands there.
static int hash_names(const struct codec_wish *wish, char hex[2 * HASH_BYTES + 1], struct err *err) {
    unsigned char hash[HASH_BYTES];
    unsigned count = 0;
    if (!EVP_Digest(wish->columns, wish->column_bytes, hash, &count, EVP_sha256(), NULL) || count != HASH_BYTES)
        return err_set(err, REASON_INFRA, "libcrypto gave no SHA-256");
    for (int i = 0; i < HASH_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    return 0;
}

static void print_key(const char *version, const struct job_input *input, const char *columns,
                      const struct codec_wish *wish, struct supervisor_key *ret) {
    snprintf(ret->text, sizeof ret->text, "%s|%u|%u|%s|%u|%u|%u", version, input->format, input->no_header, columns,
             wish->profile, wish->decimals, wish->share_texts);
}

void wish_key_of_result(const char *version, uint32_t profile, struct supervisor_key *ret) {
    struct codec_wish wish = {.profile = profile, .share_texts = true, .decimals = CODEC_DECIMALS_FLOAT};
    print_key(version, &(struct job_input){.format = JOB_ARROW}, ALL_COLUMNS, &wish, ret);
}

int wish_key(const struct attempt *attempt, const struct job_input *wanted, const char *version,
             struct supervisor_key *ret, struct err *err) {
    auto_free char *names = NULL;
    char columns[2 * HASH_BYTES + 1] = ALL_COLUMNS;
    struct codec_wish wish;
    TRY(wish_make(attempt, wanted, &names, &wish, err));
    if (wish.columns)
        TRY(hash_names(&wish, columns, err));
    print_key(version, wanted, columns, &wish, ret);
    return 0;
}
