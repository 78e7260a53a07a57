/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places where a test may end or stop a process of the daemon: FAILPOINT("load:reserved"). Compiled into the dev preset
 * only (QUERN_FAILPOINTS); elsewhere it is nothing.
 *
 *     QUERN_FAIL=kill@load:reserved,/dir/token    SIGKILL to itself
 *     QUERN_FAIL=stop@load:reserved,/dir/token    SIGSTOP to itself; goes on after SIGCONT
 *
 * The token is a file that the test made: only the process that removes it fails, so a place fails once, in whichever
 * process of whichever host comes first, and its absence tells the test that it happened. Without a token file nothing
 * happens. Names are step:point; outside of the steps the program's name stands for the step ("keeper:renewed").
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
