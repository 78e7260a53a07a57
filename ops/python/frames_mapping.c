// SPDX-License-Identifier: Apache-2.0
// A segment as memory of this process: private and writable, so that a script may change its frames in place.
#include "ops/python/frames.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct mapping {
    PyObject head;
    void *base;
    Py_ssize_t bytes;
    bool lent;
};

static void mapping_dealloc(PyObject *self) {
    struct mapping *mapping = (struct mapping *)(void *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (mapping->base && !mapping->lent)
        munmap(mapping->base, (size_t)mapping->bytes);
    type->tp_free(self);
    Py_DECREF(type);
}

static int mapping_buffer(PyObject *self, Py_buffer *view, int flags) {
    struct mapping *mapping = (struct mapping *)(void *)self;
    return PyBuffer_FillInfo(view, self, mapping->base, mapping->bytes, 0, flags);
}

static PyMemberDef mapping_members[] = {
    {"address", T_ULONG, offsetof(struct mapping, base), READONLY, "where it begins"},
    {"bytes", T_PYSSIZET, offsetof(struct mapping, bytes), READONLY, "its size"},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot mapping_slots[] = {
    {Py_tp_doc, (void *)(uintptr_t) "A segment, mapped copy-on-write; unmapped when the last array on it is gone."},
    {Py_tp_dealloc, (void *)mapping_dealloc},
    {Py_tp_members, mapping_members},
    {Py_bf_getbuffer, (void *)mapping_buffer},
    {0, NULL},
};

static PyType_Spec mapping_spec = {
    .name = "_quern.Mapping",
    .basicsize = sizeof(struct mapping),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = mapping_slots,
};

static PyStructSequence_Field array_fields[] = {
    {"kind", "schemas/kinds.def"},
    {"name", "str"},
    {"flags", "1: ordered dictionary, 2: double made of decimals, 4: nullable, 8: texts by codes, 16: JSON texts"},
    {"unit", "0 s, 1 ms, 2 us, 3 ns"},
    {"zone", "str"},
    {"dictionary", "index of the array with the values, or None"},
    {"length", "values"},
    {"null_count", "missing ones"},
    {"offset", "of the values in the mapping, bytes"},
    {"inexact", "doubles that were integers or decimals and lost precision"},
    {"nulls", "offset of the mask or bitmap in the mapping, bytes; 0 without missing ones"},
    {NULL, NULL},
};

static PyStructSequence_Desc array_desc = {"_quern.Array", "One array of a segment.", array_fields, 11};

int frames_add_mapping(PyObject *module) {
    struct frames_state *state = frames_state(module);
    state->mapping_type = PyType_FromModuleAndSpec(module, &mapping_spec, NULL);
    state->array_type = (PyObject *)PyStructSequence_NewType(&array_desc);
    return state->mapping_type && state->array_type ? 0 : -1;
}

// The maker checked the segment; what is checked here is only that the descriptor is one at all.
static int check_header(const void *base, uint64_t bytes, struct err *err) {
    const struct segment_header *header = base;
    if (bytes < sizeof *header || memcmp(header->magic, SEGMENT_MAGIC, sizeof header->magic) != 0)
        return err_set(err, REASON_BUG, "an input is not a segment");
    if (header->version != SEGMENT_VERSION)
        return err_set(err, REASON_BUG, "a segment has version %u, expected %u", header->version, SEGMENT_VERSION);
    uint64_t end = header->directory.offset + (uint64_t)header->arrays * sizeof(struct segment_array);
    if (header->total_bytes > bytes || end > bytes || header->columns > header->arrays)
        return err_set(err, REASON_BUG, "a segment of %llu bytes says that it has %llu", (unsigned long long)bytes,
                       (unsigned long long)header->total_bytes);
    return 0;
}

static int map(int fd, void **ret_base, size_t *ret_bytes, struct err *err) {
    struct stat status;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of an input");
    size_t bytes = (size_t)status.st_size;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
    if (base == MAP_FAILED)
        return err_sys(err, REASON_LIMIT_MEMORY, "mapping an input of %zu bytes", bytes);
    if (check_header(base, bytes, err) < 0) {
        munmap(base, bytes);
        return -1;
    }
    *ret_base = base;
    *ret_bytes = bytes;
    return 0;
}

static PyObject *text_of(const void *base, struct segment_span span) {
    const char *text = span.bytes ? segment_at(base, span) : "";
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)span.bytes, "replace");
}

static PyObject *describe(PyObject *type, const void *base, uint32_t index) {
    const struct segment_array *array = segment_array(base, index);
    PyObject *fields[] = {
        PyLong_FromUnsignedLong(array->kind),
        text_of(base, array->name),
        PyLong_FromUnsignedLong(array->flags),
        PyLong_FromUnsignedLong(array->unit),
        text_of(base, array->zone),
        array->dictionary == SEGMENT_NO_DICTIONARY ? Py_NewRef(Py_None) : PyLong_FromUnsignedLong(array->dictionary),
        PyLong_FromUnsignedLongLong(array->length),
        PyLong_FromUnsignedLongLong(array->null_count),
        PyLong_FromUnsignedLongLong(array->values.offset),
        PyLong_FromUnsignedLongLong(array->inexact),
        PyLong_FromUnsignedLongLong(array->nulls.bytes ? array->nulls.offset : 0),
    };
    PyObject *tuple = PyStructSequence_New((PyTypeObject *)(void *)type);
    for (Py_ssize_t i = 0; i < (Py_ssize_t)Py_ARRAY_LENGTH(fields); i++) {
        if (tuple)
            PyStructSequence_SetItem(tuple, i, fields[i]);
        else
            Py_XDECREF(fields[i]);
    }
    if (tuple && PyErr_Occurred())
        Py_CLEAR(tuple);
    return tuple;
}

static PyObject *describe_all(PyObject *module, const void *base) {
    uint32_t arrays = segment_header(base)->arrays;
    PyObject *list = PyList_New(arrays);
    for (uint32_t i = 0; list && i < arrays; i++) {
        PyObject *array = describe(frames_state(module)->array_type, base, i);
        if (array)
            PyList_SET_ITEM(list, i, array);
        else
            Py_CLEAR(list);
    }
    return list;
}

static PyObject *mapping_new(PyObject *module, int fd) {
    PyTypeObject *type = (PyTypeObject *)(void *)frames_state(module)->mapping_type;
    struct err err = {0};
    void *base = NULL;
    size_t bytes = 0;
    if (map(fd, &base, &bytes, &err) < 0)
        return frames_fail(module, &err);
    struct mapping *mapping = (struct mapping *)(void *)type->tp_alloc(type, 0);
    if (!mapping) {
        munmap(base, bytes);
        return NULL;
    }
    mapping->base = base;
    mapping->bytes = (Py_ssize_t)bytes;
    return &mapping->head;
}

PyObject *frames_map_segment(PyObject *module, PyObject *number) {
    int fd = PyLong_Check(number) ? (int)PyLong_AsLong(number) : -1;
    if (fd < 0)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "expected a descriptor");
    PyObject *mapping = mapping_new(module, fd);
    if (!mapping)
        return NULL;
    const void *base = frames_mapping_base(module, mapping);
    PyObject *arrays = describe_all(module, base);
    if (!arrays) {
        Py_DECREF(mapping);
        return NULL;
    }
    const struct segment_header *header = segment_header(base);
    return Py_BuildValue("NKIN", mapping, (unsigned long long)header->rows, header->columns, arrays);
}

const void *frames_mapping_base(PyObject *module, PyObject *object) {
    if ((PyObject *)Py_TYPE(object) == frames_state(module)->mapping_type)
        return ((struct mapping *)(void *)object)->base;
    PyErr_Format(PyExc_TypeError, "expected a mapping, found %s", Py_TYPE(object)->tp_name);
    return NULL;
}

const void *frames_mapping_lent(PyObject *module, PyObject *object) {
    const void *base = frames_mapping_base(module, object);
    if (base)
        ((struct mapping *)(void *)object)->lent = true;
    return base;
}
