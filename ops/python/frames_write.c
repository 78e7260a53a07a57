// SPDX-License-Identifier: Apache-2.0
// Columns of a returned frame, chosen and described by quern/columns.py, become a sealed segment.
#include "ops/python/frames.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>

#include "quern/memory.h"
#include "quern/own.h"

// One array: values as a strided buffer (objects for text and bytes), and for flags the mask of the missing ones.
struct column {
    struct cells values;
    struct cells mask;
};

// Everything the writer holds while it works.
struct job {
    struct segment_shape shape;
    struct segment_spec *specs;
    struct column *columns;
    unsigned long long limit;
};

static void job_done(struct job *job) {
    for (uint32_t i = 0; job->columns && i < job->shape.arrays; i++) {
        cells_close(&job->columns[i].values);
        cells_close(&job->columns[i].mask);
    }
    PyMem_Free(job->columns);
    PyMem_Free(job->specs);
}

// ---- taking the arguments ----

static int take_cells(struct column *column, const struct segment_spec *spec, PyObject *values, PyObject *mask) {
    if (mask != Py_None && cells_open(&column->mask, mask, spec->length, 1) < 0)
        return -1;
    if (!segment_kind_is_bytes(spec->kind))
        return cells_open(&column->values, values, spec->length, segment_kind_width(spec->kind));
    if (cells_open_objects(&column->values, values, false) < 0)
        return -1;
    if ((uint64_t)column->values.count == spec->length)
        return 0;
    PyErr_Format(PyExc_ValueError, "expected %llu objects, found %zd", (unsigned long long)spec->length,
                 column->values.count);
    return -1;
}

static int take_array(struct job *job, uint32_t index, PyObject *item) {
    struct segment_spec *spec = &job->specs[index];
    struct column *column = &job->columns[index];
    unsigned kind, unit;
    unsigned long long length, data_bytes;
    int nulls;
    Py_ssize_t name_bytes, zone_bytes;
    PyObject *values, *mask;
    if (!PyArg_ParseTuple(item, "Iy#IIy#IKOOpK;an array", &kind, &spec->name, &name_bytes, &spec->flags, &unit,
                          &spec->zone, &zone_bytes, &spec->dictionary, &length, &values, &mask, &nulls, &data_bytes))
        return -1;
    spec->kind = (enum segment_kind)kind;
    spec->unit = (enum segment_unit)unit;
    spec->name_bytes = (size_t)name_bytes;
    spec->zone_bytes = (size_t)zone_bytes;
    spec->length = length;
    spec->nulls = nulls != 0;
    spec->data_bytes = data_bytes;
    return take_cells(column, spec, values, mask);
}

static int take_arrays(struct job *job, PyObject *arrays) {
    uint32_t count = (uint32_t)PyTuple_GET_SIZE(arrays);
    job->specs = PyMem_Calloc((size_t)count + 1, sizeof *job->specs);
    job->columns = PyMem_Calloc((size_t)count + 1, sizeof *job->columns);
    job->shape.specs = job->specs;
    if (!job->specs || !job->columns) {
        PyErr_NoMemory();
        return -1;
    }
    job->shape.arrays = count;
    for (uint32_t i = 0; i < count; i++)
        if (take_array(job, i, PyTuple_GET_ITEM(arrays, i)) < 0)
            return -1;
    return 0;
}

// ---- writing ----

static void copy_strided(char *to, const struct cells *from, size_t width) {
    if (from->stride == (Py_ssize_t)width) {
        memcpy(to, from->base, (size_t)from->count * width);
        return;
    }
    for (Py_ssize_t i = 0; i < from->count; i++)
        memcpy(to + (size_t)i * width, cells_at(from, i), width);
}

static uint64_t count_nulls(enum segment_kind kind, const void *values, uint64_t count) {
    uint64_t nulls = 0;
    if (kind == SEGMENT_FLOAT64)
        for (uint64_t i = 0; i < count; i++)
            nulls += isnan(((const double *)values)[i]) != 0;
    else if (kind == SEGMENT_FLOAT32)
        for (uint64_t i = 0; i < count; i++)
            nulls += isnan(((const float *)values)[i]) != 0;
    else if (kind == SEGMENT_TIMESTAMP)
        for (uint64_t i = 0; i < count; i++)
            nulls += ((const int64_t *)values)[i] == INT64_MIN;
    else if (kind == SEGMENT_CODES8)
        for (uint64_t i = 0; i < count; i++)
            nulls += ((const int8_t *)values)[i] == -1;
    else if (kind == SEGMENT_CODES16)
        for (uint64_t i = 0; i < count; i++)
            nulls += ((const int16_t *)values)[i] == -1;
    else if (kind == SEGMENT_CODES32)
        for (uint64_t i = 0; i < count; i++)
            nulls += ((const int32_t *)values)[i] == -1;
    return nulls;
}

// Flags are bytes that a script may have set to anything: 0 or 1 here, and 0 below a missing one.
static void put_flags(void *base, struct segment_array *array, const struct column *column) {
    if (array->length == 0)
        return;
    uint8_t *values = segment_at(base, array->values);
    uint8_t *nulls = array->nulls.bytes > 0 ? segment_at(base, array->nulls) : NULL;
    for (Py_ssize_t i = 0; i < column->values.count; i++) {
        bool missing = nulls && column->mask.count > 0 && *cells_at(&column->mask, i) != 0;
        values[i] = !missing && *cells_at(&column->values, i) != 0;
        if (nulls)
            nulls[i] = missing;
        array->null_count += missing;
    }
}

static void put_fixed(void *base, struct segment_array *array, const struct column *column) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    if (array->length == 0)
        return;
    void *values = segment_at(base, array->values);
    copy_strided(values, &column->values, segment_kind_width(kind));
    array->null_count = count_nulls(kind, values, array->length);
}

// A cell that is neither text nor bytes is missing: columns.py made sure that there are no others.
static bool cell_bytes(enum segment_kind kind, PyObject *cell, uint64_t *ret_bytes) {
    uint64_t surrogates = 0;
    bool present = kind == SEGMENT_UTF8 ? PyUnicode_Check(cell) : PyBytes_Check(cell);
    if (present)
        *ret_bytes = kind == SEGMENT_UTF8 ? text_bytes(cell, &surrogates) : (uint64_t)PyBytes_GET_SIZE(cell);
    return present;
}

static void put_cell(enum segment_kind kind, PyObject *cell, char *to) {
    if (kind == SEGMENT_UTF8)
        text_write(cell, to);
    else
        memcpy(to, PyBytes_AS_STRING(cell), (size_t)PyBytes_GET_SIZE(cell));
}

static int put_text(void *base, struct segment_array *array, const struct column *column, struct err *err) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    int64_t *offsets = segment_at(base, array->offsets);
    char *values = array->values.bytes > 0 ? segment_at(base, array->values) : NULL;
    uint8_t *bitmap = array->nulls.bytes > 0 ? segment_at(base, array->nulls) : NULL;
    uint64_t used = 0;
    for (Py_ssize_t i = 0; i < column->values.count; i++) {
        uint64_t bytes = 0;
        PyObject *cell = cells_object(&column->values, i);
        bool present = cell_bytes(kind, cell, &bytes);
        // A thread of the script may change its cells between the scan and here.
        if (bytes > array->values.bytes - used || (!present && !bitmap))
            return err_set(err, REASON_BAD_RESULT, "column %.*s changed while it was written",
                           (int)(array->name.bytes < 200 ? array->name.bytes : 200),
                           (const char *)segment_at(base, array->name));
        if (bytes > 0 && values)
            put_cell(kind, cell, values + used);
        if (present && bitmap)
            bitmap[i / 8] |= (uint8_t)(1u << i % 8);
        array->null_count += !present;
        used += bytes;
        offsets[i + 1] = (int64_t)used;
    }
    array->values.bytes = used;
    return 0;
}

static int put_array(void *base, uint32_t index, const struct column *column, struct err *err) {
    struct segment_array *array = segment_array(base, index);
    if (segment_kind_is_bytes((enum segment_kind)array->kind))
        TRY(put_text(base, array, column, err));
    else if (array->kind == SEGMENT_BOOL)
        put_flags(base, array, column);
    else
        put_fixed(base, array, column);
    if (array->null_count == 0)
        array->nulls = (struct segment_span){0};
    return 0;
}

static int put_all(void *base, uint64_t bytes, const struct job *job, struct err *err) {
    TRY(segment_format(base, bytes, &job->shape, err));
    for (uint32_t i = 0; i < job->shape.arrays; i++)
        TRY(put_array(base, i, &job->columns[i], err));
    return 0;
}

static int write_job(const struct job *job, int *ret_fd, struct err *err) {
    uint64_t bytes = 0;
    TRY(segment_layout(&job->shape, &bytes, err));
    if (bytes > job->limit)
        return err_set(err, REASON_LIMIT_OUTPUT, "a result of %llu bytes is larger than its limit of %llu",
                       (unsigned long long)bytes, job->limit);
    auto_fd int fd = memory_new("quern-result", bytes, err);
    if (fd < 0)
        return -1;
    void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return err_sys(err, REASON_LIMIT_MEMORY, "mapping a result of %llu bytes", (unsigned long long)bytes);
    int written = put_all(base, bytes, job, err);
    munmap(base, bytes);
    TRY(written);
    TRY(memory_seal(fd, err));
    *ret_fd = steal_fd(&fd);
    return 0;
}

PyObject *frames_write_segment(PyObject *module, PyObject *args) {
    PyObject *arrays;
    unsigned columns, profile;
    unsigned long long rows, limit;
    if (!PyArg_ParseTuple(args, "O!IKIK:write_segment", &PyTuple_Type, &arrays, &columns, &rows, &profile, &limit))
        return NULL;
    struct job job = {.shape = {.columns = columns, .rows = rows, .profile = (enum segment_profile)profile},
                      .limit = limit};
    struct err err = {0};
    int fd = -1;
    int taken = take_arrays(&job, arrays);
    int written = taken < 0 ? -1 : write_job(&job, &fd, &err);
    job_done(&job);
    if (taken < 0)
        return NULL;
    return written < 0 ? frames_fail(module, &err) : PyLong_FromLong(fd);
}
