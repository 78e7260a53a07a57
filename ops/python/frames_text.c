// SPDX-License-Identifier: Apache-2.0
#include "ops/python/frames.h"

#include <string.h>

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
