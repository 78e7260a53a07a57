// SPDX-License-Identifier: Apache-2.0
#include "cli/checksum.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 16, HASH_BYTES = 32 };

static void free_context(EVP_MD_CTX **context) { EVP_MD_CTX_free(*context); }

static int hash(int fd, const char *name, unsigned char ret[HASH_BYTES], struct err *err) {
    __attribute__((cleanup(free_context))) EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char piece[PIECE_BYTES];
    ssize_t got = 0;
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (off_t at = 0; good && (got = pread(fd, piece, sizeof piece, at)) > 0; at += got)
        good = EVP_DigestUpdate(context, piece, (size_t)got);
    if (got < 0)
        return err_sys(err, REASON_INFRA, "%s", name);
    if (!good || !EVP_DigestFinal_ex(context, ret, NULL))
        return err_set(err, REASON_INFRA, "libcrypto gave no SHA-256");
    return 0;
}

int checksum_verify(int fd, const char *version, const char *name, struct err *err) {
    unsigned char bytes[HASH_BYTES];
    char found[sizeof "sha256-" + 2 * HASH_BYTES] = "sha256-";
    TRY(hash(fd, name, bytes, err));
    for (size_t i = 0; i < HASH_BYTES; i++)
        snprintf(found + strlen("sha256-") + 2 * i, 3, "%02x", bytes[i]);
    // Behind the digits the version has a word for the kind.
    if (strncmp(found, version, strlen(found)) == 0 && strchr(".", version[strlen(found)]))
        return 0;
    return err_set(err, REASON_INFRA, "the store gave other bytes: expected %.80s, found %s", version, found);
}
