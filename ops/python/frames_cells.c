// SPDX-License-Identifier: Apache-2.0
#include "ops/python/frames.h"

#include <string.h>

static int take(struct cells *cells) {
    const Py_buffer *buffer = &cells->buffer;
    if (buffer->ndim != 1) {
        PyErr_Format(PyExc_ValueError, "expected an array of one dimension, found %d", buffer->ndim);
        cells_close(cells);
        return -1;
    }
    cells->base = buffer->buf;
    cells->count = buffer->shape[0];
    cells->stride = buffer->strides[0];
    return 0;
}

int cells_open(struct cells *cells, PyObject *values, uint64_t count, uint32_t width) {
    if (PyObject_GetBuffer(values, &cells->buffer, PyBUF_STRIDES) < 0)
        return -1;
    if (take(cells) < 0)
        return -1;
    if ((uint64_t)cells->count == count && (uint64_t)cells->buffer.itemsize == width)
        return 0;
    PyErr_Format(PyExc_ValueError, "expected %llu values of %u bytes, found %zd of %zd", (unsigned long long)count,
                 width, cells->count, cells->buffer.itemsize);
    cells_close(cells);
    return -1;
}

int cells_open_objects(struct cells *cells, PyObject *values, bool writable) {
    int flags = PyBUF_FORMAT | (writable ? PyBUF_CONTIG : PyBUF_STRIDES);
    if (PyObject_GetBuffer(values, &cells->buffer, flags | PyBUF_STRIDES) < 0)
        return -1;
    if (take(cells) < 0)
        return -1;
    const char *format = cells->buffer.format;
    if (format && strcmp(format, "O") == 0 && cells->buffer.itemsize == sizeof(PyObject *))
        return 0;
    PyErr_Format(PyExc_ValueError, "expected an array of objects, found the format %s", format ? format : "B");
    cells_close(cells);
    return -1;
}

void cells_close(struct cells *cells) {
    if (cells->buffer.obj)
        PyBuffer_Release(&cells->buffer);
    cells->count = 0;
}
