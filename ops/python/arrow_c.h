/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Arrow C data interface, as its specification prints it: https://arrow.apache.org/docs/format/CDataInterface.html.
 * Names and fields are the specification's. Who owns a struct calls its `release` once, which frees all that it holds
 * and sets `release` to NULL.
 */
#ifndef QUERN_PYTHON_ARROW_C_H
#define QUERN_PYTHON_ARROW_C_H

#include <stdint.h>

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

#endif
