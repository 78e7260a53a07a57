/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anonymous, sealable files: what segments, scripts, pictures and documents travel in between processes.
 *
 * Calling sequence: memory_new() → write or map shared → munmap → memory_seal() → memory_reopen(), which gives the
 * read-only descriptor that may be handed to anybody. A receiver calls memory_check() before it believes anything.
 *
 * Ownership: descriptors returned belong to the caller. Units: bytes. Errors: REASON_INFRA, unless said otherwise.
 */
#ifndef QUERN_MEMORY_H
#define QUERN_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "quern/err.h"

/* A new file of `bytes` zeros (sparse: pages are taken when touched). Returns the descriptor or -1. */
MUST_USE int memory_new(const char *name, uint64_t bytes, struct err *err);

/* Fixes size and content for ever. Fails with EBUSY while somebody holds a shared writable mapping. */
MUST_USE int memory_seal(int fd, struct err *err);

/* A read-only descriptor of the same file. Only a sealed file is protected by it. */
MUST_USE int memory_reopen(int fd, struct err *err);

/* A sealed file with these bytes, read-only. */
MUST_USE int memory_from(const char *name, const void *bytes, size_t count, struct err *err);

/* Proves that `fd` is a sealed memory file of at most `max_bytes`, open for reading; REASON_BAD_RESULT otherwise. */
MUST_USE int memory_check(int fd, uint64_t max_bytes, uint64_t *ret_bytes, struct err *err);

/* Reads a whole file of at most `max_bytes` (REASON_BAD_INPUT beyond) into memory with a NUL behind it. */
MUST_USE int memory_read(int fd, const char *what, size_t max_bytes, char **ret, size_t *ret_bytes, struct err *err);

#endif
