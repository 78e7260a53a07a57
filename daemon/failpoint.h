/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places where a test may end or stop a process of the daemon: FAILPOINT("load:reserved"). Compiled into the dev preset
 * only (QUERN_FAILPOINTS); elsewhere it is nothing.
 *
 * QUERN_FAIL names a directory of the test. A file there arms one place, once:
 *     kill@load:reserved    SIGKILL to itself
 *     stop@load:reserved    SIGSTOP to itself; goes on after SIGCONT
 *
 * The process that removes the file fails, so a place fails once, in whichever process of whichever host comes first, and
 * the file's absence tells the test that it happened. Files may come while the daemon runs. Names are step:point; outside
 * of the steps the program's name stands for the step ("keeper:renewed").
 */
#ifndef DAEMON_FAILPOINT_H
#define DAEMON_FAILPOINT_H

#ifdef QUERN_FAILPOINTS
#define FAILPOINT(name) failpoint_reach(name)
void failpoint_reach(const char *name);
#else
#define FAILPOINT(name) ((void)0)
#endif

#endif
