// SPDX-License-Identifier: Apache-2.0
// Cells that pandas holds as objects: text, bytes, times of day, and flags of which some are missing.
#include "ops/python/frames.h"

#include <datetime.h>
#include <string.h>

#include "quern/utf8.h"

// Columns repeat themselves: a cell seen before is handed out again instead of made anew, which saves time here, memory,
// and most of the hashing later. A column that does not repeat itself is found out after a few thousand cells.
enum { SEEN_SLOTS = 4096, SEEN_TRIAL = 8192, SEEN_MIN_HITS = SEEN_TRIAL / 4 };

// Three words of a cell: its first, middle and last eight bytes. Together with the length they are all of a cell of up to
// 24 bytes.
struct words {
    uint64_t first, middle, last;
    size_t length;
};

struct seen {
    struct words words;
    const char *bytes;
    PyObject *object; // borrowed from the array that is being filled
};

struct source {
    enum segment_kind kind;
    const uint8_t *nulls; // bitmap; NULL: none are missing
    const int64_t *offsets;
    const char *values, *end;
    bool ascii;
    uint32_t tried, hits;
    bool off;
    struct seen *seen;
};

static uint64_t load(const char *from) {
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

// A short cell is read together with what follows it, which costs less than a loop.
static uint64_t load_short(const struct source *source, const char *from, size_t length) {
    uint64_t word = 0;
    if (length == 0)
        return 0;
    if (source->end - from >= (ptrdiff_t)sizeof word)
        return load(from) & UINT64_MAX >> (64 - 8 * length);
    memcpy(&word, from, length);
    return word;
}

static struct words words_of(const struct source *source, const char *bytes, size_t length) {
    if (length < 8)
        return (struct words){.first = load_short(source, bytes, length), .length = length};
    return (struct words){load(bytes), load(bytes + (length - 8) / 2), load(bytes + length - 8), length};
}

static size_t slot_of(const struct words *words) {
    uint64_t mixed = words->first ^ (words->middle << 21 | words->middle >> 43) ^
                     (words->last << 42 | words->last >> 22) ^ words->length;
    return (size_t)((mixed * UINT64_C(0x9E3779B97F4A7C15)) >> 52) % SEEN_SLOTS;
}

static bool is_same(const struct seen *seen, const struct words *words, const char *bytes) {
    return seen->object && seen->words.first == words->first && seen->words.last == words->last &&
           seen->words.middle == words->middle && seen->words.length == words->length &&
           (words->length <= 24 || memcmp(seen->bytes, bytes, words->length) == 0);
}

static PyObject *make(const struct source *source, const char *bytes, size_t length) {
    if (source->kind == SEGMENT_BINARY)
        return PyBytes_FromStringAndSize(bytes, (Py_ssize_t)length);
    return source->ascii ? text_read_ascii(bytes, length) : text_read(bytes, length);
}

static PyObject *text_cell(struct source *source, const char *bytes, size_t length) {
    if (source->off)
        return make(source, bytes, length);
    struct words words = words_of(source, bytes, length);
    struct seen *seen = &source->seen[slot_of(&words)];
    source->tried++;
    if (is_same(seen, &words, bytes)) {
        source->hits++;
        return Py_NewRef(seen->object);
    }
    source->off = source->tried == SEEN_TRIAL && source->hits < SEEN_MIN_HITS;
    PyObject *object = make(source, bytes, length);
    *seen = (struct seen){words, bytes, object};
    return object;
}

// Python's own times know microseconds.
static PyObject *time_cell(int64_t ns, PyObject *missing) {
    if (ns == INT64_MIN)
        return Py_NewRef(missing);
    int64_t us = ns / 1000, second = us / 1000000;
    return PyTime_FromTime((int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60), (int)(us % 1000000));
}

static PyObject *cell(struct source *source, uint64_t i, PyObject *missing) {
    if (source->kind == SEGMENT_TIME)
        return time_cell((int64_t)load(source->values + i * sizeof(int64_t)), missing);
    if (source->nulls && !(source->nulls[i / 8] >> i % 8 & 1))
        return Py_NewRef(missing);
    if (source->kind == SEGMENT_FLAGS)
        return Py_NewRef((uint8_t)source->values[i / 8] >> i % 8 & 1 ? Py_True : Py_False);
    int64_t start = source->offsets[i];
    return text_cell(source, source->values + start, (size_t)(source->offsets[i + 1] - start));
}

static int fill(struct cells *cells, struct source *source, PyObject *missing) {
    PyObject **objects = (PyObject **)(void *)cells->base;
    for (Py_ssize_t i = 0; i < cells->count; i++) {
        PyObject *object = cell(source, (uint64_t)i, missing);
        if (!object)
            return -1;
        PyObject *before = objects[i];
        objects[i] = object;
        Py_XDECREF(before);
    }
    return 0;
}

static struct source source_of(const void *base, const struct segment_array *array) {
    struct source source = {.kind = (enum segment_kind)array->kind, .values = ""};
    if (array->nulls.bytes > 0)
        source.nulls = segment_at(base, array->nulls);
    if (array->values.bytes > 0)
        source.values = segment_at(base, array->values);
    source.end = (const char *)base + segment_header(base)->total_bytes;
    if (segment_kind_is_bytes(source.kind) && array->offsets.bytes > 0)
        source.offsets = segment_at(base, array->offsets);
    source.ascii = source.kind == SEGMENT_UTF8 && utf8_ascii(source.values, (size_t)array->values.bytes);
    return source;
}

static int32_t code_at(const void *codes, enum segment_kind kind, Py_ssize_t i) {
    if (kind == SEGMENT_CODES8)
        return ((const int8_t *)codes)[i];
    return kind == SEGMENT_CODES16 ? ((const int16_t *)codes)[i] : ((const int32_t *)codes)[i];
}

static void fill_codes(struct cells *cells, const void *codes, enum segment_kind kind, PyObject **made,
                       PyObject *missing) {
    PyObject **objects = (PyObject **)(void *)cells->base;
    for (Py_ssize_t i = 0; i < cells->count; i++) {
        int32_t code = code_at(codes, kind, i);
        PyObject *before = objects[i];
        objects[i] = Py_NewRef(code < 0 ? missing : made[code]);
        Py_XDECREF(before);
    }
}

// Texts that repeat themselves: one object for each that is distinct. The maker checked the codes.
static int fill_shared(struct cells *cells, const void *base, const struct segment_array *array, PyObject *missing) {
    const struct segment_array *texts = segment_array(base, array->dictionary);
    struct source source = source_of(base, texts);
    source.off = true;
    if (!source.offsets) {
        PyErr_Format(PyExc_ValueError, "array %u holds no texts", array->dictionary);
        return -1;
    }
    PyObject **made = PyMem_Calloc(texts->length + 1, sizeof(PyObject *));
    if (!made) {
        PyErr_NoMemory();
        return -1;
    }
    uint64_t count = 0;
    while (count < texts->length && (made[count] = cell(&source, count, missing)))
        count++;
    if (count == texts->length)
        fill_codes(cells, segment_at(base, array->values), (enum segment_kind)array->kind, made, missing);
    for (uint64_t i = 0; i < count; i++)
        Py_DECREF(made[i]);
    PyMem_Free(made);
    return count == texts->length ? 0 : -1;
}

static int fill_array(struct cells *cells, const void *base, uint32_t index, PyObject *missing) {
    const struct segment_array *array = segment_array(base, index);
    if (array->flags & SEGMENT_CELLS && (uint64_t)cells->count == array->length)
        return fill_shared(cells, base, array, missing);
    struct source source = source_of(base, array);
    bool lean = source.kind == SEGMENT_FLAGS || source.kind == SEGMENT_TIME;
    if ((uint64_t)cells->count != array->length || (!lean && !source.offsets)) {
        PyErr_Format(PyExc_ValueError, "array %u does not fit into %zd objects", index, cells->count);
        return -1;
    }
    if (source.kind == SEGMENT_TIME) {
        PyDateTime_IMPORT;
        if (!PyDateTimeAPI)
            return -1;
    }
    source.seen = PyMem_Calloc(SEEN_SLOTS, sizeof *source.seen);
    if (!source.seen) {
        PyErr_NoMemory();
        return -1;
    }
    int result = fill(cells, &source, missing);
    PyMem_Free(source.seen);
    return result;
}

PyObject *frames_fill(PyObject *module, PyObject *args) {
    PyObject *objects, *mapping, *missing;
    unsigned index;
    if (!PyArg_ParseTuple(args, "OOIO:fill", &objects, &mapping, &index, &missing))
        return NULL;
    const void *base = frames_mapping_base(module, mapping);
    if (!base)
        return NULL;
    if (index >= segment_header(base)->arrays)
        return PyErr_Format(PyExc_IndexError, "the segment has no array %u", index);
    struct cells cells = {0};
    if (cells_open_objects(&cells, objects, true) < 0)
        return NULL;
    int result = fill_array(&cells, base, index, missing);
    cells_close(&cells);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}
