// SPDX-License-Identifier: Apache-2.0
// Columns of a returned frame, chosen and described by quern/columns.py, become a segment in a file that is given.
#include "ops/python/frames.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ops/python/frames_stage.h"
#include "quern/memory.h"
#include "quern/own.h"

enum { PIECE_ROWS = 4096 };

// One array: values as a strided buffer (objects for text and bytes), and for flags and nullable numbers the mask of the
// missing ones.
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

// The parts of an array, written side by side.
struct stages {
    struct stage *nulls, *offsets, *values;
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
    if (spec->kind == SEGMENT_FLAGS)
        return cells_open(&column->values, values, spec->length, 1);
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

static inline uint64_t count_nans(const char *values, size_t count, size_t width) {
    uint64_t nulls = 0;
    for (size_t i = 0; i < count; i++) {
        double wide;
        float narrow;
        if (width == sizeof wide)
            memcpy(&wide, values + i * width, sizeof wide);
        else
            wide = (memcpy(&narrow, values + i * width, sizeof narrow), (double)narrow);
        nulls += isnan(wide) != 0;
    }
    return nulls;
}

// The width is a constant in each call below, so that the compiler makes one comparison of it.
static inline uint64_t count_equal(const char *values, size_t count, size_t width, const void *missing) {
    uint64_t nulls = 0;
    for (size_t i = 0; i < count; i++)
        nulls += memcmp(values + i * width, missing, width) == 0;
    return nulls;
}

static uint64_t count_half_nans(const char *values, size_t count) {
    uint64_t nulls = 0;
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, values + i * sizeof half, sizeof half);
        nulls += segment_half_is_nan(half);
    }
    return nulls;
}

static uint64_t count_nulls(enum segment_kind kind, const char *values, size_t count) {
    static const int64_t not_a_time = INT64_MIN, no_code = -1;
    size_t width = segment_kind_width(kind);
    if (kind == SEGMENT_FLOAT16)
        return count_half_nans(values, count);
    if (kind == SEGMENT_FLOAT64 || kind == SEGMENT_FLOAT32)
        return width == 8 ? count_nans(values, count, 8) : count_nans(values, count, 4);
    if (segment_kind_is_instant(kind))
        return count_equal(values, count, 8, &not_a_time);
    if (!segment_kind_is_codes(kind))
        return 0;
    return width == 1   ? count_equal(values, count, 1, &no_code)
           : width == 2 ? count_equal(values, count, 2, &no_code)
                        : count_equal(values, count, 4, &no_code);
}

// Bools are bytes that a script may have set to anything: 0 or 1 here, and 0 below a missing one.
static int put_bools(struct stages *to, struct segment_array *array, const struct column *column, struct err *err) {
    bool masked = array->nulls.bytes > 0 && column->mask.count > 0;
    stage_seek(to->nulls, array->nulls.offset);
    stage_seek(to->values, array->values.offset);
    for (Py_ssize_t i = 0; i < column->values.count; i++) {
        bool missing = masked && *cells_at(&column->mask, i) != 0;
        if (masked)
            TRY(stage_byte(to->nulls, missing, err));
        TRY(stage_byte(to->values, !missing && *cells_at(&column->values, i) != 0, err));
        array->null_count += missing;
    }
    TRY(stage_flush(to->nulls, err));
    return stage_flush(to->values, err);
}

// The same as bits.
static int put_flags(struct stages *to, struct segment_array *array, const struct column *column, struct err *err) {
    bool masked = array->nulls.bytes > 0 && column->mask.count > 0;
    unsigned present = 0, values = 0;
    stage_seek(to->nulls, array->nulls.offset);
    stage_seek(to->values, array->values.offset);
    for (Py_ssize_t i = 0; i < column->values.count; i++) {
        bool here = !masked || *cells_at(&column->mask, i) == 0;
        present |= (unsigned)here << i % 8;
        values |= (unsigned)(here && *cells_at(&column->values, i) != 0) << i % 8;
        array->null_count += !here;
        if (i % 8 != 7 && i + 1 != column->values.count)
            continue;
        if (masked)
            TRY(stage_byte(to->nulls, present, err));
        TRY(stage_byte(to->values, values, err));
        present = values = 0;
    }
    TRY(stage_flush(to->nulls, err));
    return stage_flush(to->values, err);
}

// Numbers of a nullable type; what stands below a missing one is nobody's.
static int put_masked(struct stages *to, struct segment_array *array, const struct column *column, struct err *err) {
    static const char zero[8];
    size_t width = segment_kind_width((enum segment_kind)array->kind);
    stage_seek(to->nulls, array->nulls.offset);
    stage_seek(to->values, array->values.offset);
    for (Py_ssize_t i = 0; i < column->values.count; i++) {
        bool missing = *cells_at(&column->mask, i) != 0;
        TRY(stage_byte(to->nulls, missing, err));
        TRY(stage_put(to->values, missing ? zero : cells_at(&column->values, i), width, err));
        array->null_count += missing;
    }
    TRY(stage_flush(to->nulls, err));
    return stage_flush(to->values, err);
}

static bool is_masked(const struct segment_array *array, const struct column *column) {
    return array->nulls.bytes > 0 && column->mask.count > 0 &&
           segment_nulls_rule((enum segment_kind)array->kind, array->flags) == SEGMENT_NULLS_MASK;
}

static int put_piece(struct stage *to, struct segment_array *array, const struct cells *cells, size_t done, size_t take,
                     struct err *err) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    size_t width = segment_kind_width(kind);
    const char *from = cells_at(cells, (Py_ssize_t)done);
    if (cells->stride != (Py_ssize_t)width)
        from = stage_gather(to, from, cells->stride, take, width);
    if (segment_nulls_rule(kind, array->flags) != SEGMENT_NULLS_MASK)
        array->null_count += count_nulls(kind, from, take);
    stage_seek(to, array->values.offset + done * width);
    return stage_write(to, from, take * width, err);
}

// Pieces stay in the cache between counting and writing. Columns of a frame that lies row by row are written piece by
// piece together, because their values share cache lines.
static int put_fixed(struct stage *to, struct segment_array *arrays, const struct column *columns, uint32_t count,
                     struct err *err) {
    size_t piece = count > 1 ? PIECE_ROWS : STAGE_BYTES / segment_kind_width((enum segment_kind)arrays->kind);
    size_t rows = (size_t)columns->values.count;
    for (size_t done = 0; done < rows; done += piece)
        for (uint32_t i = 0; i < count; i++)
            TRY(put_piece(to, &arrays[i], &columns[i].values, done, rows - done < piece ? rows - done : piece, err));
    return 0;
}

static bool is_by_row(const struct segment_array *array, const struct column *column, Py_ssize_t rows) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    return !segment_kind_is_bytes(kind) && kind != SEGMENT_BOOL && kind != SEGMENT_FLAGS && !is_masked(array, column) &&
           column->values.count == rows && column->values.stride != (Py_ssize_t)segment_kind_width(kind);
}

// How many arrays from here on are written together: 1 unless they lie row by row.
static uint32_t run_of(const struct segment_array *arrays, const struct column *columns, uint32_t left) {
    uint32_t count = 0;
    while (count < left && is_by_row(&arrays[count], &columns[count], columns->values.count))
        count++;
    return count > 0 ? count : 1;
}

// A cell that is neither text nor bytes is missing: columns.py made sure that there are no others.
static bool cell_bytes(enum segment_kind kind, PyObject *cell, uint64_t *ret_bytes) {
    uint64_t surrogates = 0;
    bool present = kind == SEGMENT_UTF8 ? PyUnicode_Check(cell) : PyBytes_Check(cell);
    *ret_bytes = !present ? 0 : kind == SEGMENT_UTF8 ? text_bytes(cell, &surrogates) : (uint64_t)PyBytes_GET_SIZE(cell);
    return present;
}

static int put_cell(struct stage *to, enum segment_kind kind, PyObject *cell, uint64_t bytes, struct err *err) {
    if (kind == SEGMENT_BINARY)
        return stage_put(to, PyBytes_AS_STRING(cell), bytes, err);
    if (PyUnicode_IS_ASCII(cell))
        return stage_put(to, PyUnicode_DATA(cell), bytes, err);
    char *room = stage_room(to, bytes, err);
    if (!room)
        return -1;
    text_write(cell, room);
    return stage_took(to, room, bytes, err);
}

// A thread of the script may change cells after they were counted.
static int changed(const struct segment_array *array, struct err *err) {
    return err_set(err, REASON_BAD_RESULT, "a column of %llu cells changed while it was written",
                   (unsigned long long)array->length);
}

// The three parts of the array grow side by side: each cell is looked at once.
static int put_cells(struct stages *to, struct segment_array *array, const struct cells *cells, struct err *err) {
    enum segment_kind kind = (enum segment_kind)array->kind;
    uint64_t bytes;
    int64_t used = 0;
    unsigned bits = 0;
    TRY(stage_put(to->offsets, &used, sizeof used, err));
    for (Py_ssize_t i = 0; i < cells->count; i++) {
        PyObject *cell = cells_object(cells, i);
        bool present = cell_bytes(kind, cell, &bytes);
        if (bytes > array->values.bytes - (uint64_t)used || (!present && array->nulls.bytes == 0))
            return changed(array, err);
        if (bytes > 0)
            TRY(put_cell(to->values, kind, cell, bytes, err));
        array->null_count += !present;
        used += (int64_t)bytes;
        TRY(stage_put(to->offsets, &used, sizeof used, err));
        bits |= (unsigned)present << i % 8;
        if (array->nulls.bytes > 0 && (i % 8 == 7 || i + 1 == cells->count))
            TRY(stage_byte(to->nulls, bits, err));
        if (i % 8 == 7)
            bits = 0;
    }
    array->values.bytes = (uint64_t)used;
    return 0;
}

static int put_text(struct stages *to, struct segment_array *array, const struct column *column, struct err *err) {
    stage_seek(to->nulls, array->nulls.offset);
    stage_seek(to->offsets, array->offsets.offset);
    stage_seek(to->values, array->values.offset);
    TRY(put_cells(to, array, &column->values, err));
    TRY(stage_flush(to->nulls, err));
    TRY(stage_flush(to->offsets, err));
    return stage_flush(to->values, err);
}

static int put_arrays(struct stages *to, struct segment_array *arrays, const struct column *columns, uint32_t count,
                      struct err *err) {
    enum segment_kind kind = (enum segment_kind)arrays->kind;
    if (segment_kind_is_bytes(kind))
        TRY(put_text(to, arrays, columns, err));
    else if (kind == SEGMENT_BOOL)
        TRY(put_bools(to, arrays, columns, err));
    else if (kind == SEGMENT_FLAGS)
        TRY(put_flags(to, arrays, columns, err));
    else if (is_masked(arrays, columns))
        TRY(put_masked(to, arrays, columns, err));
    else
        return put_fixed(to->values, arrays, columns, count, err);
    if (arrays->null_count == 0)
        arrays->nulls = (struct segment_span){0};
    return 0;
}

// The head last: the arrays fill in their counts.
static int put_all(struct stages *to, void *head, uint64_t bytes, const struct job *job, struct err *err) {
    TRY(segment_format(head, bytes, &job->shape, err));
    for (uint32_t i = 0, run; i < job->shape.arrays; i += run) {
        run = run_of(segment_array(head, i), &job->columns[i], job->shape.arrays - i);
        TRY(put_arrays(to, segment_array(head, i), &job->columns[i], run, err));
    }
    const struct segment_header *header = segment_header(head);
    stage_seek(to->values, 0);
    return stage_write(to->values, head, header->text.offset + header->text.bytes, err);
}

// segment_format() wants memory of the segment's size and touches only its head: an untouched page costs nothing.
static int write_file(int fd, uint64_t bytes, const struct job *job, struct err *err) {
    void *head = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (head == MAP_FAILED)
        return err_sys(err, REASON_LIMIT_MEMORY, "mapping a result of %llu bytes", (unsigned long long)bytes);
    struct stages to = {stage_new(fd), stage_new(fd), stage_new(fd)};
    int written = to.nulls && to.offsets && to.values ? put_all(&to, head, bytes, job, err)
                                                      : err_set(err, REASON_LIMIT_MEMORY, "out of memory for a result");
    stage_free(to.nulls);
    stage_free(to.offsets);
    stage_free(to.values);
    munmap(head, bytes);
    return written;
}

static int write_job(const struct job *job, int fd, struct err *err) {
    uint64_t bytes = 0;
    TRY(segment_layout(&job->shape, &bytes, err));
    if (bytes > job->limit)
        return frames_too_large(bytes, job->limit, err);
    if (ftruncate(fd, (off_t)bytes) < 0)
        return err_sys(err, stage_lack(errno), "making room for a result of %llu bytes", (unsigned long long)bytes);
    return write_file(fd, bytes, job, err);
}

PyObject *frames_write_segment(PyObject *module, PyObject *args) {
    PyObject *arrays;
    unsigned columns, profile;
    unsigned long long rows, limit;
    int fd;
    if (!PyArg_ParseTuple(args, "iO!IKIK:write_segment", &fd, &PyTuple_Type, &arrays, &columns, &rows, &profile,
                          &limit))
        return NULL;
    struct job job = {.shape = {.columns = columns, .rows = rows, .profile = (enum segment_profile)profile},
                      .limit = limit};
    struct err err = {0};
    int taken = take_arrays(&job, arrays);
    int written = taken < 0 ? -1 : write_job(&job, fd, &err);
    job_done(&job);
    if (taken < 0)
        return NULL;
    return written < 0 ? frames_fail(module, &err) : Py_NewRef(Py_None);
}
