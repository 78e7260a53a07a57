/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA-256 over a job document: whoever may write a queue's Redis and has no key cannot have a host run what he wrote.
 *
 * A key file has one key per line, 64 to 128 hexadecimal digits, at most SIGNATURE_MAX_KEYS; the first one signs, all of
 * them are good. Blank lines and those that begin with # say nothing. It is read by each call and kept by nobody.
 *
 * Signed are the name of the queue, the id of the job and the document, byte for byte. Not signed is what may change while
 * the job waits: priority, delay, retries, what it waits for.
 *
 * Errors: REASON_CONFIG the file cannot be used; REASON_DENIED the signature is none of its keys'.
 */
#ifndef QUERN_QUEUE_SIGNATURE_H
#define QUERN_QUEUE_SIGNATURE_H

#include <stddef.h>

#include "quern/err.h"
#include "quern/queue.h"

#define SIGNATURE_MAX_KEYS 8u

struct signature_subject {
    const char *queue; /* its prefix */
    const char *id;
    const char *document;
    size_t document_bytes;
};

MUST_USE int signature_make(const char *key_file, const struct signature_subject *subject,
                            char ret[QUEUE_SIGNATURE_BYTES], struct err *err);
MUST_USE int signature_check(const char *key_file, const struct signature_subject *subject, const char *signature,
                             struct err *err);
MUST_USE int signature_check_keys(const char *key_file, struct err *err);

#endif
