// SPDX-License-Identifier: Apache-2.0
#include "ops/python/frames.h"

#include "quern/bundle.h"
#include "quern/host.h"

// What is wrong with the bundle itself has the original's number; what the system refused, which `sys` tells, has none.
static PyObject *fail(PyObject *module, const struct err *err) {
    return frames_fail_numbered(module, err, err->sys ? HOST_ERROR_NONE : HOST_ERROR_BUNDLE);
}

PyObject *frames_unpack_bundle(PyObject *module, PyObject *args) {
    int zip, dir, result;
    struct bundle_ceilings ceilings;
    unsigned long long bytes;
    if (!PyArg_ParseTuple(args, "ii(IIK):unpack_bundle", &zip, &dir, &ceilings.entries, &ceilings.ratio, &bytes))
        return NULL;
    ceilings.bytes = bytes;
    struct bundle_outcome outcome = {0};
    struct err err = {0};
    Py_BEGIN_ALLOW_THREADS result = bundle_unpack(zip, dir, &ceilings, &outcome, &err);
    Py_END_ALLOW_THREADS return result < 0 ? fail(module, &err) : PyLong_FromUnsignedLong(outcome.files);
}
