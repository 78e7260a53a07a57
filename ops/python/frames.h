/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments for Python: the module `_quern`, private to the package `quern` that stands beside it.
 *
 *     map_segment(fd) -> (mapping, rows, columns, arrays)   copy-on-write; `mapping` has the buffer protocol
 *     fill(objects, mapping, index, missing)                text, bytes or flags of an array as Python objects
 *     lend(mapping, index) -> (schema, array)               capsules of the Arrow C data interface
 *     scan(objects, not_a_time, not_available) -> Scan      what the cells of an object column are
 *     write_segment(arrays, columns, rows, profile, limit) -> fd   sealed
 *     read_arrow(file, profile, limit) -> fd                an Arrow file as a sealed segment
 *     check_table(fd, separator, header): dataset_table_check()
 *     unpack_bundle(zip, dir, (entries, ratio, bytes)) -> files
 *
 * NumPy needs no C API here: its arrays speak the buffer protocol in both directions. The segment that a child maps was
 * checked by its maker. What the script hands back is the script's own memory: its process is all that it can hurt, and
 * the worker has the segment checked; still nothing here reads or writes beside a buffer, whatever the script did.
 *
 * Ownership: descriptors are borrowed, the one returned belongs to the caller. Units: bytes, rows. Errors: `Failure`
 * with `reason` (enum reason) and a message.
 */
#ifndef QUERN_PYTHON_FRAMES_H
#define QUERN_PYTHON_FRAMES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "quern/segment.h"

struct frames_state {
    PyObject *mapping_type;
    PyObject *array_type;
    PyObject *scan_type;
    PyObject *failure;
};

struct frames_state *frames_state(PyObject *module);

/* Sets the Python exception Failure from `err`; returns NULL. */
PyObject *frames_fail(PyObject *module, const struct err *err);
int frames_too_large(uint64_t bytes, uint64_t limit, struct err *err);               /* of a result; returns -1 */
PyObject *frames_fail_numbered(PyObject *module, const struct err *err, int number); /* enum of host.h */

/* ---- mapping ---- */

int frames_add_mapping(PyObject *module);
PyObject *frames_map_segment(PyObject *module, PyObject *fd);

/* The segment behind a Mapping object, or NULL with TypeError. Borrowed: lives as long as the object. */
const void *frames_mapping_base(PyObject *module, PyObject *mapping);

/* The same for memory that is lent: it stays mapped until the process ends, because borrowers may release what they have
 * at any time and in any thread. */
const void *frames_mapping_lent(PyObject *module, PyObject *mapping);

/* ---- cells: one dimension of a NumPy array, strided ---- */

struct cells {
    Py_buffer buffer;
    char *base;
    Py_ssize_t stride; /* bytes */
    Py_ssize_t count;
};

/* `values` must have one dimension, `count` cells of `width` bytes. Errors: ValueError. */
MUST_USE int cells_open(struct cells *cells, PyObject *values, uint64_t count, uint32_t width);
/* The same for an object array; `writable`: contiguous too. */
MUST_USE int cells_open_objects(struct cells *cells, PyObject *values, bool writable);
void cells_close(struct cells *cells); /* takes a zeroed struct too */

static inline char *cells_at(const struct cells *cells, Py_ssize_t i) { return cells->base + i * cells->stride; }

/* Borrowed; NULL in the array reads as None. */
static inline PyObject *cells_object(const struct cells *cells, Py_ssize_t i) {
    PyObject *object = *(PyObject *const *)(const void *)cells_at(cells, i);
    return object ? object : Py_None;
}

/* ---- text: str as UTF-8, a lone surrogate as U+FFFD ---- */

uint64_t text_bytes(PyObject *text, uint64_t *surrogates);
void text_write(PyObject *text, char *to); /* exactly text_bytes() of them */

/* A new str, or NULL with an exception. What is no UTF-8 becomes U+FFFD, as in bytes.decode("utf-8", "replace"). */
PyObject *text_read(const char *bytes, size_t length);
PyObject *text_read_ascii(const char *bytes, size_t length); /* of bytes that are known to be ASCII */

/* ---- the functions ---- */

PyObject *frames_fill(PyObject *module, PyObject *args);
PyObject *frames_lend(PyObject *module, PyObject *args);
PyObject *frames_scan(PyObject *module, PyObject *args);
PyObject *frames_write_segment(PyObject *module, PyObject *args);
PyObject *frames_read_arrow(PyObject *module, PyObject *args);
PyObject *frames_check_table(PyObject *module, PyObject *args);
PyObject *frames_unpack_bundle(PyObject *module, PyObject *args);

/* What a scan found; the cells of a column that is all of one kind have one of them set, or MISSING beside it. */
enum frames_found {
    FOUND_TEXT = 1,
    FOUND_BYTES = 2,
    FOUND_FLAG = 4,
    FOUND_INTEGER = 8,
    FOUND_REAL = 16,
    FOUND_OTHER = 32,
};

#endif
