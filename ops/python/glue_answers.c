// SPDX-License-Identifier: Apache-2.0
#define PY_SSIZE_T_CLEAN
#include "ops/python/glue_answers.h"

#include <stdint.h>
#include <string.h>

#include "ops/python/answer.h"
#include "quern/memory.h"

// For PyArg "O&": any str as UTF-8 bytes without NUL, lone surrogates written as \udc80.
static int take_text(PyObject *object, void *home) {
    PyObject **bytes = home;
    if (!object) {
        Py_CLEAR(*bytes);
        return 1;
    }
    *bytes = PyUnicode_AsEncodedString(object, "utf-8", "backslashreplace");
    if (!*bytes)
        return 0;
    char *text = PyBytes_AS_STRING(*bytes);
    for (Py_ssize_t i = 0; i < PyBytes_GET_SIZE(*bytes); i++)
        if (text[i] == '\0')
            text[i] = '?';
    return Py_CLEANUP_SUPPORTED;
}

static int conversation_of(PyObject *self) { return *(int *)PyModule_GetState(self); }

static PyObject *outcome(int sent, const struct err *err) {
    if (sent == 0)
        return Py_NewRef(Py_None);
    return PyErr_Format(err->reason == REASON_BUG ? PyExc_ValueError : PyExc_OSError, "%s", err->msg);
}

static PyObject *note(PyObject *self, PyObject *args) {
    PyObject *about = NULL, *text = NULL;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "O&O&:note", take_text, &about, take_text, &text))
        return NULL;
    int sent = answer_note(conversation_of(self), PyBytes_AS_STRING(about), PyBytes_AS_STRING(text), &err);
    Py_DECREF(about);
    Py_DECREF(text);
    return outcome(sent, &err);
}

static PyObject *file(PyObject *self, PyObject *nothing) {
    struct err err = {0};
    int fd = -1, waited;
    (void)nothing;
    Py_BEGIN_ALLOW_THREADS;
    waited = answer_file(conversation_of(self), &fd, &err);
    Py_END_ALLOW_THREADS;
    return waited < 0 ? outcome(-1, &err) : PyLong_FromLong(fd);
}

static PyObject *result(PyObject *self, PyObject *args) {
    unsigned port;
    unsigned long long rows;
    int fd;
    PyObject *name = NULL;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "IO&Ki:result", &port, take_text, &name, &rows, &fd))
        return NULL;
    int sent = memory_seal(fd, &err);
    if (sent == 0)
        sent = answer_result(conversation_of(self), port, PyBytes_AS_STRING(name), rows, fd, &err);
    Py_DECREF(name);
    return outcome(sent, &err);
}

static PyObject *object(PyObject *self, PyObject *args) {
    unsigned kind;
    int fd;
    PyObject *name = NULL;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "O&Ii:object", take_text, &name, &kind, &fd))
        return NULL;
    int sent = memory_seal(fd, &err);
    if (sent == 0)
        sent = answer_object(conversation_of(self), PyBytes_AS_STRING(name), kind, fd, &err);
    Py_DECREF(name);
    return outcome(sent, &err);
}

static PyObject *traceback(PyObject *self, PyObject *args) {
    PyObject *text = NULL;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "O&:traceback", take_text, &text))
        return NULL;
    int sent = answer_traceback(conversation_of(self), PyBytes_AS_STRING(text), &err);
    Py_DECREF(text);
    return outcome(sent, &err);
}

static PyObject *raised(PyObject *self, PyObject *args) {
    unsigned reason, line;
    unsigned long long met;
    int detail, in_entry;
    PyObject *type = NULL, *message = NULL;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "IiO&O&IpK:raised", &reason, &detail, take_text, &type, take_text, &message, &line,
                          &in_entry, &met))
        return NULL;
    int sent = answer_raised(conversation_of(self), (enum reason)reason, detail, PyBytes_AS_STRING(type),
                             PyBytes_AS_STRING(message), line, in_entry, met, &err);
    Py_DECREF(type);
    Py_DECREF(message);
    return outcome(sent, &err);
}

static PyMethodDef methods[] = {
    {"note", note, METH_VARARGS, "note(about, text)"},
    {"file", file, METH_NOARGS, "file() -> descriptor of an empty file for the next result"},
    {"result", result, METH_VARARGS, "result(port, name, rows, fd); fixes what is in it"},
    {"object", object, METH_VARARGS, "object(name, kind, fd); fixes what is in it"},
    {"traceback", traceback, METH_VARARGS, "traceback(text)"},
    {"raised", raised, METH_VARARGS, "raised(reason, detail, type, message, line, in_entry, met)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "answers", .m_size = sizeof(int),
                                        .m_methods = methods};

PyObject *glue_answers(int conversation) {
    PyObject *module = PyModule_Create(&definition);
    if (module)
        *(int *)PyModule_GetState(module) = conversation;
    return module;
}
