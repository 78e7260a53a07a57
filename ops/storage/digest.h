/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version of an object: the SHA-256 of its bytes, taken while they pass, and its kind (quern/object.h).
 *
 * Calling sequence: digest_begin() → digest_add()… → digest_version() → digest_end(). Errors: REASON_INFRA.
 */
#ifndef QUERN_STORAGE_DIGEST_H
#define QUERN_STORAGE_DIGEST_H

#include <stddef.h>

#include <openssl/evp.h>

#include "quern/storage.h"

struct digest {
    EVP_MD_CTX *context; /* owned */
};

/* Also begins anew. */
MUST_USE int digest_begin(struct digest *digest, struct err *err);
MUST_USE int digest_add(struct digest *digest, const void *bytes, size_t count, struct err *err);
/* `kind`: enum object_kind, whose word stands at the end; DATASET has none. */
MUST_USE int digest_version(struct digest *digest, uint32_t kind, char version[STORAGE_VERSION_BYTES], struct err *err);
void digest_end(struct digest *digest); /* accepts a zeroed one */

#define auto_digest __attribute__((cleanup(digest_end)))

#endif
