// SPDX-License-Identifier: Apache-2.0
// A key file, a signature and a document, parted by bytes 0xff. Keys that can be read sign, what they signed is good for
// that job alone, and what cannot be read is told.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "queue/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static void expect(bool true_one) {
    if (!true_one)
        abort();
}

static void write_keys(int file, const uint8_t *bytes, size_t count) {
    expect(file >= 0 && fchmod(file, 0600) == 0 && write(file, bytes, count) == (ssize_t)count);
}

// Takes the part up to the next 0xff, and leaves the rest.
static size_t part(const uint8_t **bytes, size_t *count) {
    const uint8_t *end = memchr(*bytes, 0xff, *count);
    size_t length = end ? (size_t)(end - *bytes) : *count;
    *bytes += length + (end != NULL);
    *count -= length + (end != NULL);
    return length;
}

static void check(const char *path, struct signature_subject *subject, const char *foreign) {
    char made[QUEUE_SIGNATURE_BYTES];
    struct err err;
    if (signature_make(path, subject, made, &err) < 0) {
        expect(err.reason == REASON_CONFIG && err.msg[0] && signature_check_keys(path, &err) < 0);
        expect(signature_check(path, subject, foreign, &err) < 0 && err.reason == REASON_CONFIG);
        return;
    }
    expect(signature_check_keys(path, &err) == 0 && strlen(made) == QUEUE_SIGNATURE_BYTES - 1);
    expect(signature_check(path, subject, made, &err) == 0);
    // One of the second key, for example.
    expect(signature_check(path, subject, foreign, &err) < 0 || strlen(foreign) == strlen(made));
    subject->id = "another";
    expect(signature_check(path, subject, made, &err) < 0 && err.reason == REASON_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    char path[40];
    const uint8_t *keys = bytes;
    size_t key_bytes = part(&bytes, &count);
    auto_fd int file = memfd_create("keys", MFD_CLOEXEC);
    write_keys(file, keys, key_bytes);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const uint8_t *given = bytes;
    size_t given_bytes = part(&bytes, &count);
    auto_free char *foreign = strndup((const char *)given, given_bytes);
    expect(foreign);
    struct signature_subject subject = {"quern:{default}:", "one", (const char *)bytes, count};
    check(path, &subject, foreign);
    return 0;
}
