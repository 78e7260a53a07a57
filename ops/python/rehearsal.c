// SPDX-License-Identifier: Apache-2.0
#include "ops/python/rehearsal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ops/python/warm.h"
#include "quern/own.h"
#include "quern/write.h"

// What scripts are made of, so that compiling one more is nothing new.
static const char long_text[] = "\"\"\"A rehearsal.\"\"\"\n"
                                "import io, os, time\n"
                                "import numpy as np\n"
                                "import pandas as pd\n"
                                "from math import sqrt as root\n"
                                "LIMIT = {'a': [1, -2.5, None], 'b': ('x', True)}\n"
                                "class Counter(object):\n"
                                "    'Counts.'\n"
                                "    def __init__(self, start=0, *args, **named):\n"
                                "        self.count = start\n"
                                "def twice(x: float) -> float:\n"
                                "    return [2 * one for one in x if one is not None and one > 0][:1]\n"
                                "def azureml_main(dataframe1=None, dataframe2=None):\n"
                                "    try:\n"
                                "        found = f'{root(4):.1f} %d' % len(twice(LIMIT['a']))\n"
                                "        counter = Counter(start=1)\n"
                                "        for name in sorted(LIMIT):\n"
                                "            counter.count += len(name)\n"
                                "        while counter.count < 0 or not found:\n"
                                "            break\n"
                                "    except (KeyError, ValueError) as error:\n"
                                "        raise RuntimeError('never') from error\n"
                                "    with io.StringIO() as nowhere:\n"
                                "        print(found, lambda a, b=1: a + b, file=nowhere)\n"
                                "    if dataframe1 is not None:\n"
                                "        dataframe1['new'] = dataframe1.a.map(str)\n"
                                "    return dataframe1\n";

static int take(struct call *call, const struct host_call *record, int fd, struct err *err) {
    auto_fd int with = fd;
    return call_take(call, record, &with, err) < 0 ? -1 : 0;
}

// In the jail there are no memory files of one's own.
static int text_file(const char *text, struct err *err) {
    static const char name[] = ".quern-rehearsal";
    auto_fd int file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 || unlink(name) < 0 || write_all(file, text, strlen(text)) < 0)
        return err_sys(err, REASON_INFRA, "the script of a rehearsal");
    return steal_fd(&file);
}

static int describe(struct call *call, const char *text, struct err *err) {
    const struct host_call script = {.kind = HOST_SCRIPT, .name = "rehearsal.py"};
    const struct host_call start = {.kind = HOST_START, .task = HOST_TASK_RUN, .dialect = HOST_QUERN};
    int fd = text_file(text, err);
    TRY(fd);
    TRY(take(call, &script, fd, err));
    return take(call, &start, -1, err);
}

static int open_call(struct call *call, uint32_t profile, struct err *err) {
    call_open(call, -1, profile);
    if (!getcwd(call->work_dir, sizeof call->work_dir))
        return err_sys(err, REASON_INFRA, "the work directory");
    return 0;
}

int rehearsal_run(const struct glue *glue, uint32_t profile, struct err *err) {
    struct call call;
    TRY(warm_touch(err));
    TRY(open_call(&call, profile, err));
    int done = describe(&call, long_text, err);
    if (done == 0)
        done = glue_rehearse(glue, "rehearse", &call, err);
    call_close(&call);
    return done;
}

static bool is_silent(int conversation) {
    struct pollfd at = {.fd = conversation, .events = POLLIN};
    return poll(&at, 1, 0) == 0;
}

int rehearsal_again(const struct glue *glue, uint32_t profile, int conversation, struct err *err) {
    struct call call;
    TRY(open_call(&call, profile, err));
    TRY(glue_rehearse(glue, "begin", &call, err));
    return is_silent(conversation) ? warm_compiler(err) : 0;
}
