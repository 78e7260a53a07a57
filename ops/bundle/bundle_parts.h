/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of bundle_unpack(): where the zip is in the file, which names are good, how files are made.
 *
 * Ownership: nothing is kept; descriptors returned belong to the caller. Errors: see quern/bundle.h; every message
 * begins with "Script Bundle: " and names are shown as bundle_name_show() makes them.
 */
#ifndef QUERN_BUNDLE_PARTS_H
#define QUERN_BUNDLE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

#define BUNDLE_NOT_A_ZIP "Script Bundle: error 0102: Given ZIP file is not in the correct format."

enum { BUNDLE_NAME_BYTES = 1024, BUNDLE_PART_BYTES = 255, BUNDLE_MAX_PARTS = 32, BUNDLE_SHOWN_BYTES = 160 };

/* A checked name: parts, none empty or "." or "..", each ended by a NUL. `parts` 0 is the bundle itself. */
struct bundle_name {
    size_t parts;
    bool folder;
    const char *part[BUNDLE_MAX_PARTS]; /* into `text` */
    char text[BUNDLE_NAME_BYTES];
    char shown[BUNDLE_SHOWN_BYTES]; /* for messages: quoted, cut, without control characters */
};

/*
 * Looks at the central directory of the zip in `bytes`. Gives the offset where the zip begins: a self-extractor has a
 * program before it, and not every tool corrects the offsets inside. Refuses names with NUL, which libzip would show
 * as blanks. A file where no directory is found passes: libzip will say no.
 */
MUST_USE int bundle_directory_check(const uint8_t *bytes, size_t count, size_t *ret_start, struct err *err);

void bundle_name_show(const char *name, size_t bytes, char shown[BUNDLE_SHOWN_BYTES]);

/* Back-slashes count as slashes. */
MUST_USE int bundle_name_read(const char *name, struct bundle_name *ret, struct err *err);

/* Makes the folders of the name below `dir`, and the file unless the name is a folder. Returns the descriptor or -1. */
MUST_USE int bundle_create(int dir, const struct bundle_name *name, struct err *err);
MUST_USE int bundle_write(int fd, const struct bundle_name *name, const void *bytes, size_t count, struct err *err);

#endif
