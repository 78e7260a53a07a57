// SPDX-License-Identifier: Apache-2.0
// Arrays of a mapped segment for other libraries: the capsules of the Arrow PyCapsule interface.
#include "ops/python/frames.h"

#include "ops/python/lend.h"

static void end_schema(PyObject *capsule) {
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema && schema->release)
        schema->release(schema);
    PyMem_RawFree(schema);
}

static void end_array(PyObject *capsule) {
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array && array->release)
        array->release(array);
    PyMem_RawFree(array);
}

static PyObject *schema_capsule(PyObject *module, const void *base, uint32_t index) {
    struct err err = {0};
    struct ArrowSchema *schema = PyMem_RawCalloc(1, sizeof *schema);
    if (!schema)
        return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(schema, "arrow_schema", end_schema);
    if (!capsule)
        PyMem_RawFree(schema);
    else if (lend_schema(base, index, schema, &err) < 0)
        Py_CLEAR(capsule);
    return err.reason ? frames_fail(module, &err) : capsule;
}

static PyObject *array_capsule(PyObject *module, const void *base, uint32_t index) {
    struct err err = {0};
    struct ArrowArray *array = PyMem_RawCalloc(1, sizeof *array);
    if (!array)
        return PyErr_NoMemory();
    PyObject *capsule = PyCapsule_New(array, "arrow_array", end_array);
    if (!capsule)
        PyMem_RawFree(array);
    else if (lend_array(base, index, array, &err) < 0)
        Py_CLEAR(capsule);
    return err.reason ? frames_fail(module, &err) : capsule;
}

PyObject *frames_lend(PyObject *module, PyObject *args) {
    PyObject *mapping;
    unsigned index;
    if (!PyArg_ParseTuple(args, "OI:lend", &mapping, &index))
        return NULL;
    const void *base = frames_mapping_lent(module, mapping);
    if (!base)
        return NULL;
    if (index >= segment_header(base)->arrays)
        return PyErr_Format(PyExc_IndexError, "the segment has no array %u", index);
    PyObject *schema = schema_capsule(module, base, index);
    PyObject *array = schema ? array_capsule(module, base, index) : NULL;
    if (array)
        return Py_BuildValue("NN", schema, array);
    Py_XDECREF(schema);
    return NULL;
}
