/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor's side of one worker: answering its calls. Private to the supervisor. */
#ifndef DAEMON_WORKER_LINK_H
#define DAEMON_WORKER_LINK_H

#include "supervisor.h"

/* Receives one call and answers it. End of file is not an error: the pidfd tells of the death. */
MUST_USE int worker_link_serve(struct supervisor *supervisor, uint32_t worker, struct err *err);

/* The zygote came up, or (`failure` not NULL) will not: answers the CONNECT calls that wait for it. */
void worker_link_zygote_turned(struct supervisor *supervisor, const struct peer *zygote, const struct err *failure);

/* Answers the IDLE of a worker that waits. */
void worker_link_let_claim(struct worker_link *link, uint32_t queue);
void worker_link_dismiss(struct worker_link *link);

/* Answers its RESERVE, which stands in the link. */
void worker_link_reserve(struct supervisor *supervisor, uint32_t worker);

/* Ends a dead worker's pins, waits and decodes; its place is free. */
void worker_link_bury(struct supervisor *supervisor, uint32_t worker);

/* SIGKILL for the job's tree, if there is one. */
void worker_link_kill_tree(struct worker_link *link);

void worker_link_reply(struct worker_link *link, const struct supervisor_reply *reply, const int *fds, size_t count);
void worker_link_tell(struct worker_link *link, enum supervisor_reply_kind kind);

#endif
