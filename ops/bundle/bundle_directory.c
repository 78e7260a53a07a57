// SPDX-License-Identifier: Apache-2.0
#include "bundle_parts.h"

#include <string.h>

// APPNOTE.TXT 4.3.16 (end of central directory) and 4.3.12 (its entries).
enum { END_BYTES = 22, ENTRY_BYTES = 46, COMMENT_MAX = 65535 };

struct directory {
    uint64_t start; // of the zip in the file
    uint64_t at, bytes;
};

static uint32_t u16_at(const uint8_t *bytes) { return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8; }
static uint32_t u32_at(const uint8_t *bytes) { return u16_at(bytes) | u16_at(bytes + 2) << 16; }

static bool is_end(const uint8_t *bytes, size_t left) {
    return memcmp(bytes, "PK\5\6", 4) == 0 && u16_at(bytes + 20) <= left - END_BYTES;
}

static bool find_end(const uint8_t *bytes, size_t count, size_t *ret_at) {
    for (size_t left = END_BYTES; left <= count && left <= END_BYTES + COMMENT_MAX; left++) {
        if (is_end(bytes + count - left, left)) {
            *ret_at = count - left;
            return true;
        }
    }
    return false;
}

// False where the sizes do not fit together, and for zip64, whose sizes stand elsewhere.
static bool find_directory(const uint8_t *bytes, size_t count, struct directory *ret) {
    size_t end;
    if (!find_end(bytes, count, &end))
        return false;
    uint64_t size = u32_at(bytes + end + 12), offset = u32_at(bytes + end + 16);
    if (size == UINT32_MAX || offset == UINT32_MAX || size + offset > end)
        return false;
    *ret = (struct directory){.start = end - size - offset, .at = end - size, .bytes = size};
    return true;
}

static int check_entry_name(const uint8_t *name, size_t bytes, struct err *err) {
    char shown[BUNDLE_SHOWN_BYTES];
    if (!memchr(name, 0, bytes))
        return 0;
    bundle_name_show((const char *)name, bytes, shown);
    return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected a name without NUL", shown);
}

int bundle_directory_check(const uint8_t *bytes, size_t count, size_t *ret_start, struct err *err) {
    struct directory directory = {0};
    if (find_directory(bytes, count, &directory)) {
        const uint8_t *at = bytes + directory.at;
        size_t left = (size_t)directory.bytes;
        while (left >= ENTRY_BYTES && memcmp(at, "PK\1\2", 4) == 0) {
            size_t name = u16_at(at + 28), step = ENTRY_BYTES + name + u16_at(at + 30) + u16_at(at + 32);
            if (step > left)
                break;
            TRY(check_entry_name(at + ENTRY_BYTES, name, err));
            at += step;
            left -= step;
        }
    }
    *ret_start = (size_t)directory.start;
    return 0;
}
