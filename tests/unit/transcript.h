/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transcripts: what a terminal was sent, compared with tests/fixtures/transcripts/NAME. ESC is written as ␛ and a
 * carriage return as ␍, so that the files can be read. When they differ, what was found is left in the current
 * directory as NAME.found.
 */
#ifndef QUERN_TESTS_TRANSCRIPT_H
#define QUERN_TESTS_TRANSCRIPT_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "quern/memory.h"
#include "quern/own.h"

static inline char *transcript_readable(const char *text) {
    char *readable = NULL;
    size_t bytes;
    FILE *file = open_memstream(&readable, &bytes);
    for (; *text; text++) {
        if (*text == '\033')
            fputs("␛", file);
        else if (*text == '\r')
            fputs("␍", file);
        else
            fputc(*text, file);
    }
    fclose(file);
    return readable;
}

static inline void transcript_check(const char *name, const char *text) {
    char path[512];
    size_t bytes;
    auto_free char *found = transcript_readable(text), *expected = NULL;
    snprintf(path, sizeof path, "%s/transcripts/%s", QUERN_FIXTURES, name);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && memory_read(fd, path, 1u << 20, &expected, &bytes, NULL) == 0 && strcmp(expected, found) == 0)
        return;
    snprintf(path, sizeof path, "%s.found", name);
    FILE *file = fopen(path, "we"); // a failed test jumps: nothing is cleaned up behind it
    fputs(found, file);
    fclose(file);
    fail_msg("%s is not as it was written down; see %s", name, path);
}

#endif
