// SPDX-License-Identifier: Apache-2.0
// In pieces of any size the verdict is the same; what was refused in the middle is refused.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ops/dataset/table_check.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

// Feeds `piece` bytes at a time, each time from memory that ends right behind them.
static int check(const uint8_t *bytes, size_t count, size_t piece, bool tabs, bool header, struct err *err) {
    struct table_check check;
    size_t at = 0, size = piece;
    table_check_open(&check, tabs ? '\t' : ',', header);
    for (;;) {
        bool last = count - at <= size;
        size_t part = last ? count - at : size;
        auto_free char *exact = malloc(part ? part : 1);
        if (!exact)
            abort();
        if (part)
            memcpy(exact, bytes + at, part);
        ssize_t taken = table_check_feed(&check, exact, part, last, err);
        if (taken < 0 || last)
            return taken < 0 ? -1 : 0;
        if ((size_t)taken > part || part - (size_t)taken > 3)
            abort();
        at += (size_t)taken;
        // A piece that is too short to begin with is tried again with more.
        size = taken == 0 ? size + piece : piece;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    for (int kind = 0; kind < 4; kind++) {
        struct err whole = {0}, parts = {0};
        int one = check(bytes, count, count ? count : 1, kind & 1, kind & 2, &whole);
        int many = check(bytes, count, count % 7 + 4, kind & 1, kind & 2, &parts);
        if (one != many || strcmp(whole.msg, parts.msg) != 0) {
            fprintf(stderr, "whole: %d %s\nparts: %d %s\n", one, whole.msg, many, parts.msg);
            abort();
        }
    }
    return 0;
}
