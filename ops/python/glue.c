// SPDX-License-Identifier: Apache-2.0
// The call as a Python dict, the answers as Python functions; quern/entry.py does the rest.
#include "ops/python/glue.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ops/python/glue_answers.h"
#include "ops/python/interpreter.h"

static const char *const tasks[] = {[HOST_TASK_RUN] = "run", [HOST_TASK_TYPE] = "type", [HOST_TASK_LINT] = "lint"};
static const char *const dialects[] = {
    [HOST_CLASSIC] = "classic", [HOST_STUDIO] = "studio", [HOST_DESIGNER] = "designer", [HOST_QUERN] = "quern"};

static const char *word(const char *const *words, size_t count, unsigned index, unsigned otherwise) {
    return words[index < count && words[index] ? index : otherwise];
}

static PyObject *decode(const char *text) {
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "backslashreplace");
}

static PyObject *input_of(const struct call_input *input) {
    return Py_BuildValue("IiNsN", input->port, input->fd, decode(input->name), object_word(input->kind),
                         decode(input->parameter));
}

static PyObject *inputs_of(const struct call *call) {
    PyObject *list = PyList_New(call->input_count);
    for (uint32_t i = 0; list && i < call->input_count; i++) {
        PyObject *input = input_of(&call->inputs[i]);
        if (input)
            PyList_SET_ITEM(list, i, input);
        else
            Py_CLEAR(list);
    }
    return list;
}

// Nobody writes to it any more.
static PyObject *script_of(const struct call *call) {
    struct stat status;
    if (call->script < 0)
        return PyBytes_FromStringAndSize(NULL, 0);
    if (fstat(call->script, &status) < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    PyObject *text = PyBytes_FromStringAndSize(NULL, status.st_size);
    if (text && pread(call->script, PyBytes_AS_STRING(text), (size_t)status.st_size, 0) != status.st_size)
        Py_CLEAR(text);
    return text || PyErr_Occurred() ? text : PyErr_SetFromErrno(PyExc_OSError);
}

static PyObject *columns_of(const struct call *call) {
    PyObject *list = PyList_New(call->column_count);
    for (uint32_t i = 0; list && i < call->column_count; i++) {
        PyObject *name = decode(call->columns[i]);
        if (name)
            PyList_SET_ITEM(list, i, name);
        else
            Py_CLEAR(list);
    }
    return list;
}

static int add_param(PyObject *dict, const struct call_param *param) {
    PyObject *key = decode(param->key), *value = decode(param->value);
    int added = key && value ? PyDict_SetItem(dict, key, value) : -1;
    Py_XDECREF(key);
    Py_XDECREF(value);
    return added;
}

static PyObject *params_of(const struct call *call) {
    PyObject *dict = PyDict_New();
    for (uint32_t i = 0; dict && i < call->param_count; i++)
        if (add_param(dict, &call->params[i]) < 0)
            Py_CLEAR(dict);
    return dict;
}

// As _quern.unpack_bundle() takes them.
static PyObject *ceilings_of(const struct bundle_ceilings *ceilings) {
    return Py_BuildValue("IIK", ceilings->entries, ceilings->ratio, (unsigned long long)ceilings->bytes);
}

static PyObject *call_dict(const struct call *call) {
    const char separator[] = {call->separator ? call->separator : ',', '\0'};
    return Py_BuildValue(
        "{s:s s:s s:N s:N s:N s:N s:N s:i s:I s:K s:N s:N s:N s:i s:N s:N s:i s:N s:s s:N s:N s:N s:N}", //
        "task", word(tasks, 4, call->task, HOST_TASK_RUN),                                               //
        "dialect", word(dialects, 5, call->dialect, HOST_QUERN),                                         //
        "debug", PyBool_FromLong((call->flags & HOST_DEBUG) != 0),                                       //
        "legacy", PyBool_FromLong((call->flags & HOST_LEGACY) != 0),                                     //
        "strict", PyBool_FromLong((call->flags & HOST_STRICT) != 0),                                     //
        "streams", PyBool_FromLong(call->other_streams),                                                 //
        "id", decode(call->id), "requests", call->requests,                                              //
        "profile", call->profile,                                                                        //
        "limit", (unsigned long long)call->result_bytes,                                                 //
        "directory", decode(call->work_dir),                                                             //
        "script", script_of(call), "script_name", decode(call->script_name),                             //
        "bundle", call->bundle, "bundle_name", decode(call->bundle_name),                                //
        "bundle_ceilings", ceilings_of(&call->bundle_ceilings),                                          //
        "table", call->table, "table_name", decode(call->table_name), "separator",                       //
        separator, "inputs", inputs_of(call), "params", params_of(call), "header", PyBool_FromLong(!call->no_header),
        "columns", columns_of(call));
}

int glue_open(struct glue *glue, const char *module, int conversation, const char *directory, struct err *err) {
    glue->answers = glue_answers(conversation);
    glue->entry = PyImport_ImportModule(module);
    glue->run = glue->entry ? PyObject_GetAttrString(glue->entry, "run") : NULL;
    PyObject *done = glue->answers && glue->run ? PyObject_CallMethod(glue->entry, "get_ready", "s", directory) : NULL;
    if (!done)
        return interpreter_err(err, REASON_INFRA, "getting ready for a job");
    Py_DECREF(done);
    return 0;
}

int glue_rehearse(const struct glue *glue, const char *part, const struct call *call, struct err *err) {
    PyObject *description = call_dict(call);
    PyObject *done = description ? PyObject_CallMethod(glue->entry, part, "O", description) : NULL;
    Py_XDECREF(description);
    if (!done)
        return interpreter_err(err, REASON_INFRA, "the rehearsal of a job");
    Py_DECREF(done);
    return 0;
}

// Exceptions of the script were answered by entry.py; one that comes out here is a broken conversation or our own fault.
int glue_run(const struct glue *glue, const struct call *call) {
    PyObject *description = call_dict(call);
    PyObject *result = description ? PyObject_CallFunctionObjArgs(glue->run, description, glue->answers, NULL) : NULL;
    Py_XDECREF(description);
    fflush(NULL);
    if (result) {
        Py_DECREF(result);
        return 0;
    }
    PyErr_Clear();
    return -1;
}
