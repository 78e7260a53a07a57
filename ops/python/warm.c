// SPDX-License-Identifier: Apache-2.0
#include "ops/python/warm.h"

#include <string.h>

#include "ops/python/collapse.h"
#include "ops/python/interpreter.h"
#include "ops/python/text.h"
#include "ops/python/threads.h"
#include "quern/clock.h"
#include "quern/segment.h"

// Adds the environment's name to what went wrong.
static int name_it(const struct environment *environment, const struct err *cause, struct err *err) {
    return err_set(err, (enum reason)cause->reason, "environment %s: %s", environment->name, cause->msg);
}

static int preload(const char *module, struct err *err) {
    char what[ENVIRONMENT_MODULE_BYTES + 32];
    TRY(interpreter_import(module, err));
    snprintf(what, sizeof what, "after importing %s", module);
    return threads_check(what, err);
}

static int take_version(PyObject *versions, const char *key, char home[32], struct err *err) {
    PyObject *version = PyDict_GetItemString(versions, key);
    const char *text = version && PyUnicode_Check(version) ? PyUnicode_AsUTF8(version) : NULL;
    if (!text)
        return err_set(err, REASON_CONFIG, "the version of %s is no text", key);
    text_copy(home, 32, text);
    return 0;
}

static int take_versions(struct warm_facts *facts, struct err *err) {
    PyObject *versions = interpreter_call("quern.warm", "versions", err);
    if (!versions)
        return -1;
    int done = PyDict_Check(versions) ? 0 : err_set(err, REASON_BUG, "quern.warm.versions gave no dict");
    if (done == 0)
        done = take_version(versions, "python", facts->python, err);
    if (done == 0)
        done = take_version(versions, "pandas", facts->pandas, err);
    Py_DECREF(versions);
    return done;
}

// pandas 1 knows only nanoseconds; "auto" takes what is installed, everything else must agree with it.
static int take_profile(const struct environment *environment, struct warm_facts *facts, struct err *err) {
    bool ns = strtol(facts->pandas, NULL, 10) < 2;
    uint32_t wanted = environment->profile;
    if ((wanted == ENVIRONMENT_NS && !ns) || (wanted == ENVIRONMENT_UNITS && ns))
        return err_set(err, REASON_CONFIG, "profile: expected pandas %s, found %s", ns ? "2 or later" : "1",
                       facts->pandas);
    facts->profile = ns ? SEGMENT_PROFILE_NS : SEGMENT_PROFILE_UNITS;
    return 0;
}

static int call_warm(const char *function, struct err *err) {
    PyObject *nothing = interpreter_call("quern.warm", function, err);
    Py_XDECREF(nothing);
    return nothing ? 0 : -1;
}

static int import_all(const struct environment *environment, struct warm_facts *facts, struct err *err) {
    for (uint32_t i = 0; i < environment->preload_count; i++)
        TRY(preload(environment->preload[i], err));
    TRY(preload("quern.entry", err));
    TRY(preload("quern.warm", err));
    TRY(take_versions(facts, err));
    TRY(take_profile(environment, facts, err));
    return 0;
}

// Nearly all that imports make stays: the collector would only walk over it, again and again, while it grows.
static int import_without_collector(const struct environment *environment, struct warm_facts *facts, struct err *err) {
    int was_on = PyGC_Disable();
    int done = import_all(environment, facts, err);
    if (was_on)
        PyGC_Enable();
    return done;
}

static int warm_up(const struct environment *environment, bool rehearse, struct warm_facts *facts, struct err *err) {
    TRY(import_without_collector(environment, facts, err));
    if (environment->legacy)
        TRY(call_warm("bring_back", err));
    if (rehearse)
        TRY(call_warm("rehearse", err));
    TRY(call_warm("settle", err));
    return threads_check("after the warm-up", err);
}

// The environment's interpreter and where it finds modules, and nothing that takes time. No segment comes near it.
static int open_bare(struct warm_facts *facts, struct err *err) {
    snprintf(facts->python, sizeof facts->python, "%s", PY_VERSION);
    facts->profile = SEGMENT_PROFILE_UNITS;
    return preload("quern.lint", err);
}

int warm_open(const struct environment *environment, const struct warm_options *options, struct warm_facts *ret,
              struct err *err) {
    uint64_t began = clock_now_ns();
    struct warm_facts facts = {0};
    struct err cause;
    if ((options->bare ? open_bare(&facts, &cause) : warm_up(environment, options->rehearse, &facts, &cause)) < 0)
        return name_it(environment, &cause, err);
    if (options->collapse)
        TRY(collapse_heap(&facts.collapsed_bytes, err));
    facts.import_us = (clock_now_ns() - began) / 1000;
    *ret = facts;
    return 0;
}

int warm_touch(struct err *err) { return call_warm("touch", err); }

int warm_compiler(struct err *err) { return call_warm("compiler", err); }
