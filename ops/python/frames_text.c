// SPDX-License-Identifier: Apache-2.0
// str and UTF-8, both ways.
#include "ops/python/frames.h"

#include <string.h>

/* ---- str to UTF-8 ---- */

static bool is_surrogate(Py_UCS4 c) { return c >= 0xD800 && c <= 0xDFFF; }

static uint64_t point_bytes(Py_UCS4 c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4; }

static char *point_write(Py_UCS4 c, char *to) {
    if (is_surrogate(c))
        c = 0xFFFD;
    uint64_t bytes = point_bytes(c);
    static const unsigned leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (uint64_t i = bytes - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)(leads[bytes] | c);
    return to + bytes;
}

uint64_t text_bytes(PyObject *text, uint64_t *surrogates) {
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    if (PyUnicode_IS_ASCII(text))
        return (uint64_t)length;
    int kind = (int)PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    uint64_t bytes = 0;
    for (Py_ssize_t i = 0; i < length; i++) {
        Py_UCS4 c = PyUnicode_READ(kind, data, i);
        bytes += point_bytes(c);
        *surrogates += is_surrogate(c);
    }
    return bytes;
}

void text_write(PyObject *text, char *to) {
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int kind = (int)PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    if (PyUnicode_IS_ASCII(text)) {
        memcpy(to, data, (size_t)length);
        return;
    }
    for (Py_ssize_t i = 0; i < length; i++)
        to = point_write(PyUnicode_READ(kind, data, i), to);
}

/* ---- UTF-8 to str ---- */

#define EACH_BYTE(value) ((value)*UINT64_C(0x0101010101010101))

// What must be known before a str is made; `most` is one of the four bounds that CPython tells kinds of str by.
struct census {
    size_t points;
    Py_UCS4 most;
};

static uint64_t load(const char *from, size_t bytes) {
    uint64_t word = 0;
    memcpy(&word, from, bytes);
    return word;
}

// Eight bytes at a time, in the highest bit of each: of two high bits the second tells a first byte (11) from one that
// continues (10); a first byte above C3 begins a character beyond Latin-1, one from F0 on a character beyond the BMP.
struct tally {
    uint64_t continued, wide, astral, high;
};

static inline void tally(struct tally *tally, uint64_t word) {
    uint64_t first = word & word << 1, continues = word & ~(word << 1) & EACH_BYTE(0x80);
    tally->high |= word;
    tally->continued += (continues >> 7) * EACH_BYTE(1) >> 56;
    tally->wide |= first & (word << 2 | word << 3 | word << 4 | word << 5);
    tally->astral |= first & word << 2 & word << 3;
}

static struct census census(const char *bytes, size_t length) {
    struct tally sums = {0};
    size_t at = 0;
    for (; length - at >= 8; at += 8)
        tally(&sums, load(bytes + at, 8));
    if (at < length)
        tally(&sums, length < 8 ? load(bytes, length) : load(bytes + length - 8, 8) >> 8 * (8 - (length - at)));
    const uint64_t bits = EACH_BYTE(0x80);
    Py_UCS4 most = sums.astral & bits ? 0x10FFFF : sums.wide & bits ? 0xFFFF : sums.high & bits ? 0xFF : 0x7F;
    return (struct census){length - sums.continued, most};
}

// Bytes of the character that begins with this byte, 0: none does.
static inline size_t width_of(uint8_t first) {
    return first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

static inline Py_UCS4 point(const uint8_t *at, size_t width) {
    static const uint8_t kept[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    Py_UCS4 point = at[0] & kept[width];
    for (size_t i = 1; i < width; i++)
        point = point << 6 | (at[i] & 0x3F);
    return point;
}

static inline bool is_point(Py_UCS4 point, size_t width) {
    static const Py_UCS4 least[] = {0, 0, 0x80, 0x800, 0x10000};
    return point >= least[width] && point <= 0x10FFFF && !is_surrogate(point);
}

// Exactly `count` characters out of exactly these bytes, or false. As many characters as there are first bytes means that
// only bytes that continue stand behind each.
#define FILL(name, type)                                                                                               \
    static bool fill_##name(type *to, size_t count, const uint8_t *at, size_t bytes) {                                 \
        const type *stop = to + count;                                                                                 \
        const uint8_t *end = at + bytes;                                                                               \
        while (at < end && to < stop) {                                                                                \
            if (end - at >= 8 && stop - to >= 8 && !(load((const char *)at, 8) & EACH_BYTE(0x80))) {                   \
                for (int i = 0; i < 8; i++)                                                                            \
                    to[i] = at[i];                                                                                     \
                to += 8;                                                                                               \
                at += 8;                                                                                               \
                continue;                                                                                              \
            }                                                                                                          \
            size_t width = width_of(*at);                                                                              \
            if (width == 0 || (size_t)(end - at) < width)                                                              \
                return false;                                                                                          \
            Py_UCS4 found = point(at, width);                                                                          \
            if (!is_point(found, width))                                                                               \
                return false;                                                                                          \
            *to++ = (type)found;                                                                                       \
            at += width;                                                                                               \
        }                                                                                                              \
        return at == end && to == stop;                                                                                \
    }

FILL(1, Py_UCS1)
FILL(2, Py_UCS2)
FILL(4, Py_UCS4)

static bool fill(PyObject *text, const struct census *census, const char *bytes, size_t length) {
    const uint8_t *from = (const uint8_t *)bytes;
    if (census->most < 0x80)
        return memcpy(PyUnicode_1BYTE_DATA(text), bytes, length), true;
    if (census->most == 0xFF)
        return fill_1(PyUnicode_1BYTE_DATA(text), census->points, from, length);
    if (census->most == 0xFFFF)
        return fill_2(PyUnicode_2BYTE_DATA(text), census->points, from, length);
    return fill_4(PyUnicode_4BYTE_DATA(text), census->points, from, length);
}

PyObject *text_read_ascii(const char *bytes, size_t length) {
    if (length < 2)
        return PyUnicode_DecodeASCII(bytes, (Py_ssize_t)length, "replace");
    PyObject *text = PyUnicode_New((Py_ssize_t)length, 0x7F);
    if (text)
        memcpy(PyUnicode_1BYTE_DATA(text), bytes, length);
    return text;
}

PyObject *text_read(const char *bytes, size_t length) {
    struct census counted = census(bytes, length);
    if (counted.points < 2) // CPython has those already
        return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)length, "replace");
    PyObject *text = PyUnicode_New((Py_ssize_t)counted.points, counted.most);
    if (!text || fill(text, &counted, bytes, length))
        return text;
    Py_DECREF(text);
    return PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)length, "replace");
}
