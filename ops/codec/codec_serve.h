/* SPDX-License-Identifier: Apache-2.0 */
/* A child of quern-codec: serves one request and ends. */
#ifndef QUERN_CODEC_SERVE_H
#define QUERN_CODEC_SERVE_H

#include <stddef.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include "quern/codec.h"

/* Right after fork. fds[0] is the reply socket; all other descriptors of the parent are closed here. */
noreturn void codec_serve(const struct codec_request *request, const int *fds, size_t fd_count, pid_t parent);

#endif
