/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The script bundle: a zip unpacked below a directory, inside the jail of the child that will use it.
 *
 * Refused, each by a message that names the entry: not a zip (Azure's error 0102), absolute names, `..`, drive letters,
 * links, devices, NUL and other control characters, names that are not UTF-8, duplicates, encryption, and what is over
 * the ceilings (entries, bytes, ratio). A back-slash counts as a slash. Directories are made as needed; files are
 * created O_EXCL|O_NOFOLLOW beneath `dir`; modes are 0755 and 0644 whatever the zip says. After a failure some of the
 * files may be there.
 *
 * Errors: REASON_BAD_INPUT; REASON_LIMIT_DISK for the ceilings, and for a full disk with `sys` set. Ownership: both
 * descriptors are borrowed.
 */
#ifndef QUERN_BUNDLE_H
#define QUERN_BUNDLE_H

#include <stdint.h>

#include "quern/err.h"

struct bundle_ceilings {
    uint32_t entries;
    uint32_t ratio; /* unpacked : packed, of the whole, where that is more than 10 MB */
    uint64_t bytes; /* unpacked, of the whole */
};

struct bundle_outcome {
    uint32_t files;
    uint64_t bytes;
};

MUST_USE int bundle_unpack(int zip, int dir, const struct bundle_ceilings *ceilings, struct bundle_outcome *ret,
                           struct err *err);

#endif
