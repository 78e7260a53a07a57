/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells systemd how the service is (sd_notify(3)): a datagram to the socket in NOTIFY_SOCKET, nothing when there is none.
 * The protocol is stable and documented for programs that do it themselves; it saves a library for one datagram.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdint.h>

/* "READY=1\nSTATUS=4 workers"; lost when nobody listens. */
void notify(const char *state);

/* Half of what systemd waits for WATCHDOG=1, in ms, if it waits for this process; 0: it does not. */
uint32_t notify_watchdog_ms(void);

#endif
