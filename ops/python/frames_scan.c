// SPDX-License-Identifier: Apache-2.0
// One pass over the cells of an object column: enough to choose a kind and to size its memory.
#include "ops/python/frames.h"

#include <math.h>

struct scan {
    unsigned found; // enum frames_found
    uint64_t missing, bytes, surrogates;
};

static unsigned look(PyObject *cell, struct scan *scan) {
    if (PyUnicode_Check(cell)) {
        scan->bytes += text_bytes(cell, &scan->surrogates);
        return FOUND_TEXT;
    }
    if (PyBytes_Check(cell)) {
        scan->bytes += (uint64_t)PyBytes_GET_SIZE(cell);
        return FOUND_BYTES;
    }
    if (PyBool_Check(cell))
        return FOUND_FLAG;
    if (PyLong_Check(cell))
        return FOUND_INTEGER;
    return PyFloat_Check(cell) ? FOUND_REAL : FOUND_OTHER;
}

static bool is_missing(PyObject *cell, PyObject *not_a_time, PyObject *not_available) {
    if (cell == Py_None || cell == not_a_time || cell == not_available)
        return true;
    return PyFloat_Check(cell) && isnan(PyFloat_AS_DOUBLE(cell));
}

static PyObject *scan_tuple(PyObject *type, const struct scan *scan) {
    PyObject *fields[] = {
        PyLong_FromUnsignedLong(scan->found),
        PyLong_FromUnsignedLongLong(scan->missing),
        PyLong_FromUnsignedLongLong(scan->bytes),
        PyLong_FromUnsignedLongLong(scan->surrogates),
    };
    PyObject *tuple = PyStructSequence_New((PyTypeObject *)(void *)type);
    for (Py_ssize_t i = 0; i < 4; i++) {
        if (tuple)
            PyStructSequence_SetItem(tuple, i, fields[i]);
        else
            Py_XDECREF(fields[i]);
    }
    return tuple;
}

PyObject *frames_scan(PyObject *module, PyObject *args) {
    PyObject *objects, *not_a_time, *not_available;
    struct cells cells = {0};
    if (!PyArg_ParseTuple(args, "OOO:scan", &objects, &not_a_time, &not_available))
        return NULL;
    if (cells_open_objects(&cells, objects, false) < 0)
        return NULL;
    struct scan scan = {0};
    for (Py_ssize_t i = 0; i < cells.count; i++) {
        PyObject *cell = cells_object(&cells, i);
        if (is_missing(cell, not_a_time, not_available))
            scan.missing++;
        else
            scan.found |= look(cell, &scan);
    }
    cells_close(&cells);
    return scan_tuple(frames_state(module)->scan_type, &scan);
}
