// SPDX-License-Identifier: Apache-2.0
// The module `_quern`: built into quern-python, and an ordinary extension module for the tests.
#include "ops/python/frames.h"

#include <errno.h>

#include "ops/python/glue.h"
#include "quern/limits.h"

struct frames_state *frames_state(PyObject *module) {
    return PyModule_GetState(module);
}

// What runs short inside a child was used up by its script: descriptors, memory, room.
static enum reason reason_of(const struct err *err) {
    if (err->reason != REASON_INFRA)
        return (enum reason)err->reason;
    if (err->sys == ENOMEM)
        return REASON_LIMIT_MEMORY;
    return err->sys == ENOSPC || err->sys == EFBIG ? REASON_LIMIT_DISK : REASON_BAD_RESULT;
}

static bool set_attribute(PyObject *error, const char *name, long value) {
    PyObject *number = PyLong_FromLong(value);
    bool set = number && PyObject_SetAttrString(error, name, number) == 0;
    Py_XDECREF(number);
    return set;
}

PyObject *frames_fail_numbered(PyObject *module, const struct err *err, int number) {
    PyObject *failure = frames_state(module)->failure;
    PyObject *error = PyObject_CallFunction(failure, "s", err->msg);
    if (error && set_attribute(error, "reason", reason_of(err)) && set_attribute(error, "number", number))
        PyErr_SetObject(failure, error);
    Py_XDECREF(error);
    return NULL;
}

PyObject *frames_fail(PyObject *module, const struct err *err) {
    return frames_fail_numbered(module, err, HOST_ERROR_NONE);
}

int frames_too_large(uint64_t bytes, uint64_t limit, struct err *err) {
    char text[LIMITS_TEXT_BYTES];
    return err_set(err, REASON_LIMIT_OUTPUT, "a result of %llu bytes is larger than its limit of %s (--file)",
                   (unsigned long long)bytes, limits_show_bytes(limit, text));
}

static PyObject *show_bytes(PyObject *module, PyObject *bytes) {
    char text[LIMITS_TEXT_BYTES];
    unsigned long long value = PyLong_AsUnsignedLongLong(bytes);
    (void)module;
    return PyErr_Occurred() ? NULL : PyUnicode_FromString(limits_show_bytes(value, text));
}

static PyStructSequence_Field scan_fields[] = {
    {"found", "bits: FOUND_TEXT, FOUND_BYTES, FOUND_FLAG, FOUND_INTEGER, FOUND_REAL, FOUND_OTHER"},
    {"missing", "cells that are None, NaN, NaT or NA"},
    {"bytes", "of the text as UTF-8, or of the bytes"},
    {"surrogates", "lone ones, which UTF-8 cannot hold"},
    {NULL, NULL},
};

static PyStructSequence_Desc scan_desc = {"_quern.Scan", "What the cells of an object column are.", scan_fields, 4};

static const struct {
    const char *name;
    long value;
} constants[] = {
#define KIND(NAME, number, width, nulls, dtype, word) {#NAME, number},
#include "../../schemas/kinds.def"
#undef KIND
#define REASON(NAME, word, kind, exit_code, text) {"REASON_" #NAME, REASON_##NAME},
#include "../../schemas/words.def"
#undef REASON
    {"ORDERED", SEGMENT_ORDERED},
    {"DECIMAL", SEGMENT_DECIMAL},
    {"NULLABLE", SEGMENT_NULLABLE},
    {"JSON", SEGMENT_JSON},
    {"CELLS", SEGMENT_CELLS},
    {"PROFILE_NS", SEGMENT_PROFILE_NS},
    {"PROFILE_UNITS", SEGMENT_PROFILE_UNITS},
    {"FOUND_TEXT", FOUND_TEXT},
    {"FOUND_BYTES", FOUND_BYTES},
    {"FOUND_FLAG", FOUND_FLAG},
    {"FOUND_INTEGER", FOUND_INTEGER},
    {"FOUND_REAL", FOUND_REAL},
    {"FOUND_OTHER", FOUND_OTHER},
};

static int add_constants(PyObject *module) {
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
            return -1;
    return 0;
}

static int module_exec(PyObject *module) {
    struct frames_state *state = frames_state(module);
    state->scan_type = (PyObject *)PyStructSequence_NewType(&scan_desc);
    state->failure = PyErr_NewExceptionWithDoc(
        "_quern.Failure", "`reason`: one of REASON_*; `number`: of the original, or 0.", NULL, NULL);
    if (!state->scan_type || !state->failure || frames_add_mapping(module) < 0)
        return -1;
    if (PyModule_AddObjectRef(module, "Failure", state->failure) < 0)
        return -1;
    return add_constants(module);
}

static int module_traverse(PyObject *module, visitproc visit, void *arg) {
    struct frames_state *state = frames_state(module);
    Py_VISIT(state->mapping_type);
    Py_VISIT(state->array_type);
    Py_VISIT(state->scan_type);
    Py_VISIT(state->failure);
    return 0;
}

static int module_clear(PyObject *module) {
    struct frames_state *state = frames_state(module);
    Py_CLEAR(state->mapping_type);
    Py_CLEAR(state->array_type);
    Py_CLEAR(state->scan_type);
    Py_CLEAR(state->failure);
    return 0;
}

static PyMethodDef methods[] = {
    {"map_segment", frames_map_segment, METH_O, "map_segment(fd) -> (mapping, rows, columns, arrays)"},
    {"fill", frames_fill, METH_VARARGS, "fill(objects, mapping, index, missing)"},
    {"lend", frames_lend, METH_VARARGS, "lend(mapping, index) -> (schema, array), capsules"},
    {"scan", frames_scan, METH_VARARGS, "scan(objects, not_a_time, not_available) -> Scan"},
    {"write_segment", frames_write_segment, METH_VARARGS, "write_segment(file, arrays, columns, rows, profile, limit)"},
    {"read_arrow", frames_read_arrow, METH_VARARGS, "read_arrow(file, bytes, profile, limit)"},
    {"check_table", frames_check_table, METH_VARARGS, "check_table(fd, separator, header)"},
    {"show_bytes", show_bytes, METH_O, "show_bytes(count) -> \"32 MiB\""},
    {"unpack_bundle", frames_unpack_bundle, METH_VARARGS, "unpack_bundle(zip, dir, (entries, ratio, bytes)) -> files"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)module_exec}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,   .m_name = "_quern", .m_size = sizeof(struct frames_state),
    .m_methods = methods,    .m_slots = slots,   .m_traverse = module_traverse,
    .m_clear = module_clear,
};

PyObject *PyInit__quern(void) { return PyModuleDef_Init(&definition); }
