// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "quernd.h"

// Where the default store is, where systemd gave credentials, and what tests ask for.
static const char *const names[] = {
    "XDG_DATA_HOME", "HOME", "CREDENTIALS_DIRECTORY", "TMPDIR",
#ifdef QUERN_FAILPOINTS
    "QUERN_FAIL",
#endif
};

void quernd_environ_take(struct quernd_environ *environ) {
    size_t count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        int used = value ? snprintf(environ->text[i], sizeof environ->text[i], "%s=%s", names[i], value) : -1;
        if (used > 0 && (size_t)used < sizeof environ->text[i])
            environ->list[count++] = environ->text[i];
    }
    environ->list[count] = NULL;
}
