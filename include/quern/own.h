/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lifetimes in plain sight. A local that owns something carries a cleanup attribute and a dead value:
 *
 *     auto_fd int fd = -1;
 *     auto_free char *text = NULL;
 *
 * Giving away is `return steal_fd(&fd)` or `*ret = steal_ptr(&text)`. Hence no goto. Destructors accept dead values.
 */
#ifndef QUERN_OWN_H
#define QUERN_OWN_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void own_free(void *p) { free(*(void **)p); }

static inline void own_close(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static inline void own_fclose(FILE **file) {
    if (*file)
        fclose(*file);
}

static inline int steal_fd(int *fd) {
    int taken = *fd;
    *fd = -1;
    return taken;
}

static inline void *own_steal(void *p) {
    void *taken = *(void **)p;
    *(void **)p = NULL;
    return taken;
}

#define auto_free __attribute__((cleanup(own_free)))
#define auto_fd __attribute__((cleanup(own_close)))
#define auto_file __attribute__((cleanup(own_fclose)))
/* steal_ptr(&p): the value of p, which becomes NULL. */
#define steal_ptr(p) ((__typeof__(*(p)))own_steal(p))

#endif
