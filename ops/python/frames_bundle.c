// SPDX-License-Identifier: Apache-2.0
#include "ops/python/frames.h"

#include "quern/bundle.h"

PyObject *frames_unpack_bundle(PyObject *module, PyObject *args) {
    int zip, dir, result;
    if (!PyArg_ParseTuple(args, "ii:unpack_bundle", &zip, &dir))
        return NULL;
    struct bundle_ceilings ceilings;
    struct bundle_outcome outcome = {0};
    struct err err = {0};
    bundle_ceilings_default(&ceilings);
    Py_BEGIN_ALLOW_THREADS result = bundle_unpack(zip, dir, &ceilings, &outcome, &err);
    Py_END_ALLOW_THREADS return result < 0 ? frames_fail(module, &err) : PyLong_FromUnsignedLong(outcome.files);
}
