// SPDX-License-Identifier: Apache-2.0
#include "queue/signature.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/own.h"
#include "quern/secrecy.h"

enum { SUM_BYTES = 32, KEY_LEAST = 32, KEY_MOST = 64, FILE_BYTES = 4096 };

struct key {
    unsigned char bytes[KEY_MOST];
    size_t count;
};

struct keys {
    struct key list[SIGNATURE_MAX_KEYS];
    size_t count;
    char text[FILE_BYTES];
};

static void keys_wipe(struct keys *keys) { OPENSSL_cleanse(keys, sizeof *keys); }
#define auto_keys __attribute__((cleanup(keys_wipe)))

/* ---- the file ---- */

static int digit(char c) {
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    if (!at)
        return -1;
    return at - digits < 16 ? (int)(at - digits) : (int)(at - digits) - 6;
}

static bool take_key(const char *line, size_t digits, struct key *ret) {
    if (digits % 2 || digits < (size_t)2 * KEY_LEAST || digits > (size_t)2 * KEY_MOST)
        return false;
    for (size_t i = 0; i < digits; i += 2) {
        int high = digit(line[i]), low = digit(line[i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret->bytes[i / 2] = (unsigned char)(high << 4 | low);
    }
    ret->count = digits / 2;
    return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static int take_line(const char *file, size_t number, const char *line, size_t bytes, struct keys *keys,
                     struct err *err) {
    while (bytes && is_blank(line[bytes - 1]))
        bytes--;
    if (bytes == 0 || *line == '#')
        return 0;
    if (keys->count == SIGNATURE_MAX_KEYS)
        return err_set(err, REASON_CONFIG, "key file %s: expected at most %u keys", file, SIGNATURE_MAX_KEYS);
    if (!take_key(line, bytes, &keys->list[keys->count]))
        return err_set(err, REASON_CONFIG, "key file %s: line %zu: expected %d to %d hexadecimal digits", file, number,
                       2 * KEY_LEAST, 2 * KEY_MOST);
    keys->count++;
    return 0;
}

static int read_file(const char *file, char text[FILE_BYTES], size_t *ret_bytes, struct err *err) {
    struct stat status;
    size_t used = 0;
    TRY(secrecy_begin(err));
    auto_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0)
        return err_sys(err, REASON_CONFIG, "key file %s", file);
    if (status.st_mode & (S_IROTH | S_IWOTH))
        return err_set(err, REASON_CONFIG, "key file %s: expected that others may not read or write it: chmod 600",
                       file);
    for (ssize_t got = 1; got > 0; used += (size_t)got) {
        if (used == FILE_BYTES)
            return err_set(err, REASON_CONFIG, "key file %s: expected less than %d bytes", file, FILE_BYTES);
        got = read(fd, text + used, FILE_BYTES - used);
        if (got < 0)
            return err_sys(err, REASON_CONFIG, "key file %s", file);
    }
    *ret_bytes = used;
    return 0;
}

static int read_keys(const char *file, struct keys *keys, struct err *err) {
    size_t bytes = 0, number = 1;
    keys->count = 0;
    TRY(read_file(file, keys->text, &bytes, err));
    for (size_t at = 0; at < bytes; number++) {
        const char *line = keys->text + at, *end = memchr(line, '\n', bytes - at);
        size_t length = end ? (size_t)(end - line) : bytes - at;
        TRY(take_line(file, number, line, length, keys, err));
        at += length + 1;
    }
    return keys->count ? 0 : err_set(err, REASON_CONFIG, "key file %s: expected a key, found none", file);
}

/* ---- the signature ---- */

static int sum(const struct key *key, const struct signature_subject *subject, unsigned char ret[SUM_BYTES],
               struct err *err) {
    char head[QUEUE_NAME_BYTES + JOB_ID_BYTES + 64];
    size_t head_bytes = (size_t)snprintf(head, sizeof head, "quern job 1\n%s\n%s\n", subject->queue, subject->id);
    auto_free unsigned char *text = malloc(head_bytes + subject->document_bytes);
    unsigned int made = 0;
    if (!text)
        return err_set(err, REASON_INFRA, "no memory for the signature of a job");
    memcpy(text, head, head_bytes);
    memcpy(text + head_bytes, subject->document, subject->document_bytes);
    if (!HMAC(EVP_sha256(), key->bytes, (int)key->count, text, head_bytes + subject->document_bytes, ret, &made) ||
        made != SUM_BYTES)
        return err_set(err, REASON_INFRA, "the signature of a job could not be made");
    return 0;
}

int signature_make(const char *key_file, const struct signature_subject *subject, char ret[QUEUE_SIGNATURE_BYTES],
                   struct err *err) {
    unsigned char made[SUM_BYTES];
    auto_keys struct keys keys;
    TRY(read_keys(key_file, &keys, err));
    TRY(sum(&keys.list[0], subject, made, err));
    for (size_t i = 0; i < SUM_BYTES; i++)
        snprintf(ret + 2 * i, 3, "%02x", made[i]);
    return 0;
}

static bool read_signature(const char *signature, unsigned char ret[SUM_BYTES]) {
    struct key read;
    if (strlen(signature) != (size_t)2 * SUM_BYTES || !take_key(signature, (size_t)2 * SUM_BYTES, &read))
        return false;
    memcpy(ret, read.bytes, SUM_BYTES);
    return true;
}

// All keys are tried, and each comparison takes its whole time.
int signature_check(const char *key_file, const struct signature_subject *subject, const char *signature,
                    struct err *err) {
    unsigned char given[SUM_BYTES], made[SUM_BYTES];
    bool good = false;
    auto_keys struct keys keys;
    TRY(read_keys(key_file, &keys, err));
    if (!*signature)
        return err_set(err, REASON_DENIED,
                       "this host runs signed jobs only, and this one has no signature; submit it with key_file of "
                       "[queue], or QUERN_KEY_FILE");
    bool read = read_signature(signature, given);
    for (size_t i = 0; i < keys.count && read; i++) {
        TRY(sum(&keys.list[i], subject, made, err));
        good = (CRYPTO_memcmp(given, made, SUM_BYTES) == 0) || good;
    }
    return good ? 0
                : err_set(err, REASON_DENIED,
                          "the signature of this job is of no key of this host: it was changed, or signed with another "
                          "key");
}

int signature_check_keys(const char *key_file, struct err *err) {
    auto_keys struct keys keys;
    return read_keys(key_file, &keys, err);
}
