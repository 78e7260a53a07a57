// SPDX-License-Identifier: Apache-2.0
#include "digest.h"

#include <stdio.h>

#include "quern/object.h"

enum { HASH_BYTES = 32 };

int digest_begin(struct digest *digest, struct err *err) {
    if (!digest->context)
        digest->context = EVP_MD_CTX_new();
    if (!digest->context || !EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL))
        return err_set(err, REASON_INFRA, "store: no memory for SHA-256");
    return 0;
}

int digest_add(struct digest *digest, const void *bytes, size_t count, struct err *err) {
    return EVP_DigestUpdate(digest->context, bytes, count) ? 0 : err_set(err, REASON_INFRA, "store: SHA-256 failed");
}

int digest_version(struct digest *digest, uint32_t kind, char version[STORAGE_VERSION_BYTES], struct err *err) {
    unsigned char hash[HASH_BYTES];
    if (!EVP_DigestFinal_ex(digest->context, hash, NULL))
        return err_set(err, REASON_INFRA, "store: SHA-256 failed");
    size_t used = (size_t)snprintf(version, STORAGE_VERSION_BYTES, "sha256-");
    for (int i = 0; i < HASH_BYTES; i++)
        used += (size_t)snprintf(version + used, STORAGE_VERSION_BYTES - used, "%02x", hash[i]);
    if (kind != OBJECT_DATASET)
        snprintf(version + used, STORAGE_VERSION_BYTES - used, ".%s", object_word(kind));
    return 0;
}

void digest_end(struct digest *digest) { EVP_MD_CTX_free(digest->context); }
