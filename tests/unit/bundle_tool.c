// SPDX-License-Identifier: Apache-2.0
// Unpacks a zip into a folder, for tests in other languages. Prints "FILES BYTES", or "WORD: MESSAGE" on failure.
//
//     bundle_tool ZIP FOLDER [ENTRIES RATIO BYTES]
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "quern/bundle.h"
#include "quern/own.h"

int main(int argc, char **argv) {
    if (argc != 3 && argc != 6)
        return 2;
    struct err err = {0};
    struct bundle_outcome outcome = {0};
    struct bundle_ceilings ceilings = {.entries = 10000, .ratio = 200, .bytes = 1u << 30};
    if (argc == 6) {
        ceilings.entries = (uint32_t)strtoul(argv[3], NULL, 10);
        ceilings.ratio = (uint32_t)strtoul(argv[4], NULL, 10);
        ceilings.bytes = strtoull(argv[5], NULL, 10);
    }
    auto_fd int zip = open(argv[1], O_RDONLY | O_CLOEXEC);
    auto_fd int dir = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (zip < 0 || dir < 0)
        return 2;
    if (bundle_unpack(zip, dir, &ceilings, &outcome, &err) < 0)
        printf("%s: %s", reason_word(err.reason), err.msg);
    else
        printf("%u %llu", outcome.files, (unsigned long long)outcome.bytes);
    return 0;
}
