/* SPDX-License-Identifier: Apache-2.0 */
/* The number, in our own /proc, of the process behind a pidfd; -1 when it is dead. */
#ifndef DAEMON_PID_OF_H
#define DAEMON_PID_OF_H

int pid_of(int pidfd);

#endif
