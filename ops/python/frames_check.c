// SPDX-License-Identifier: Apache-2.0
#include "ops/python/frames.h"

#include "quern/dataset.h"

PyObject *frames_check_table(PyObject *module, PyObject *args) {
    int fd, separator, header, result;
    struct err err = {0};
    if (!PyArg_ParseTuple(args, "iCp:check_table", &fd, &separator, &header))
        return NULL;
    Py_BEGIN_ALLOW_THREADS result = dataset_table_check(fd, (char)separator, header != 0, &err);
    Py_END_ALLOW_THREADS if (result < 0) return frames_fail(module, &err);
    Py_RETURN_NONE;
}
