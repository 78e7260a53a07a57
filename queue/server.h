/* SPDX-License-Identifier: Apache-2.0 */
/* Inside queue/ only: what follows from what a server says of itself. */
#ifndef QUERN_QUEUE_SERVER_VERSION_H
#define QUERN_QUEUE_SERVER_VERSION_H

#include <stdbool.h>

#include "quern/queue_server.h"

/* This version or a later one. */
bool server_is(const struct queue_server *server, unsigned long major, unsigned long minor);

#endif
