// SPDX-License-Identifier: Apache-2.0
#include "ops/python/interpreter.h"

#include <stdbool.h>

#include "ops/python/frozen.h"
#include "ops/python/glue.h"
#include "ops/python/probe.h"
#include "ops/python/text.h"

#if PY_VERSION_HEX < 0x030b0000
#error "Python 3.11 or later is needed: earlier ones mix frozen modules of a program with their own"
#endif

// Room for an exception's words inside an err message.
#define EXCEPTION_BYTES 768

int interpreter_err(struct err *err, enum reason reason, const char *what) {
    PyObject *type = NULL, *value = NULL, *trace = NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *words = value ? PyObject_Str(value) : NULL;
    const char *text = words ? PyUnicode_AsUTF8(words) : NULL;
    const char *name = value ? Py_TYPE(value)->tp_name : "no exception";
    char safe[EXCEPTION_BYTES];
    text_copy(safe, sizeof safe, text);
    for (char *c = safe; *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    err_set(err, reason, "%s: %s: %s", what, name, safe);
    Py_XDECREF(words);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    PyErr_Clear();
    return -1;
}

static int check_status(PyStatus status, const char *what, struct err *err) {
    if (!PyStatus_Exception(status))
        return 0;
    return err_set(err, REASON_CONFIG, "%s: Python does not start: %s", what,
                   status.err_msg ? status.err_msg : "it wants to exit");
}

static PyStatus set_config(PyConfig *config, const char *python) {
    config->parse_argv = 0;
    config->buffered_stdio = 0;
    config->write_bytecode = 0;
    config->user_site_directory = 0;
    config->install_signal_handlers = 0;
    config->pathconfig_warnings = 0;
    PyStatus status = PyConfig_SetBytesString(config, &config->program_name, python);
    if (PyStatus_Exception(status))
        return status;
    return PyConfig_SetBytesString(config, &config->executable, python);
}

static int preinitialize(const char *python, struct err *err) {
    PyPreConfig config;
    PyPreConfig_InitIsolatedConfig(&config);
    config.utf8_mode = 1;
    config.configure_locale = 1;
    return check_status(Py_PreInitialize(&config), python, err);
}

static int check_version(const char *python, const struct probe *probe, struct err *err) {
    if (strcmp(probe->version, PY_VERSION) != 0)
        return err_set(err, REASON_CONFIG,
                       "the interpreter %s: expected Python %s, for which this program is built, "
                       "found %s",
                       python, PY_VERSION, probe->version);
    return 0;
}

static int check_prefix(const char *python, const struct probe *probe, struct err *err) {
    PyObject *prefix = PySys_GetObject("prefix");
    const char *found = prefix && PyUnicode_Check(prefix) ? PyUnicode_AsUTF8(prefix) : NULL;
    if (!found || strcmp(found, probe->prefix) != 0)
        return err_set(err, REASON_CONFIG, "the interpreter %s: expected the installation in %.300s, found %.300s",
                       python, probe->prefix, found ? found : "none");
    return 0;
}

static int initialize(const char *python, struct err *err) {
    TRY(preinitialize(python, err));
    PyImport_FrozenModules = frozen_modules;
    if (PyImport_AppendInittab("_quern", PyInit__quern) < 0)
        return err_set(err, REASON_INFRA, "no memory for the module _quern");
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    PyStatus status = set_config(&config, python);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return check_status(status, python, err);
}

int interpreter_open(const char *python, struct err *err) {
    struct probe probe;
    TRY(probe_run(python, &probe, err));
    TRY(check_version(python, &probe, err));
    TRY(initialize(python, err));
    return check_prefix(python, &probe, err);
}

int interpreter_import(const char *module, struct err *err) {
    PyObject *imported = PyImport_ImportModule(module);
    if (!imported) {
        char what[256];
        snprintf(what, sizeof what, "the module %.128s cannot be imported", module);
        return interpreter_err(err, REASON_CONFIG, what);
    }
    Py_DECREF(imported);
    return 0;
}

PyObject *interpreter_call(const char *module, const char *function, struct err *err) {
    PyObject *home = PyImport_ImportModule(module);
    PyObject *result = home ? PyObject_CallMethod(home, function, NULL) : NULL;
    Py_XDECREF(home);
    if (!result) {
        char what[256];
        snprintf(what, sizeof what, "%.64s.%.64s", module, function);
        interpreter_err(err, REASON_CONFIG, what);
    }
    return result;
}
