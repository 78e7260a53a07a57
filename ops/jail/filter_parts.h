/* SPDX-License-Identifier: Apache-2.0 */
/* What the two policies share: libseccomp's context in, a loadable program out. */
#ifndef QUERN_JAIL_FILTER_PARTS_H
#define QUERN_JAIL_FILTER_PARTS_H

#include <seccomp.h>

#include "filter.h"

/* Numbers above `highest` answer ENOSYS. Borrows the context. */
MUST_USE int filter_compile(scmp_filter_ctx context, uint32_t highest, struct filter *ret, struct err *err);

static inline void own_seccomp(scmp_filter_ctx *context) {
    if (*context)
        seccomp_release(*context);
}
#define auto_seccomp __attribute__((cleanup(own_seccomp)))

#endif
