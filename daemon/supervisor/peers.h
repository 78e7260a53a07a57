/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs beside the workers: quern-codec and one quern-python per environment. Started on demand, dead with the
 * supervisor, started again at the next use. Workers get a descriptor of the request socket and speak to them directly.
 *
 * A peer is down, coming (a zygote that imports) or up. peer_start() makes it coming or up; peer_ready() takes the
 * zygote's HOST_READY. Owns its descriptors.
 */
#ifndef DAEMON_PEERS_H
#define DAEMON_PEERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "quern/environment.h"
#include "quern/host.h"
#include "quern/supervisor.h"

enum peer_state { PEER_DOWN, PEER_COMING, PEER_UP };

struct peer {
    enum supervisor_peer kind;
    const struct environment *environment; /* zygotes; borrowed */
    struct limits_layer host;              /* zygotes: what the host says of limits */
    struct jail_require require;           /* zygotes: with less they do not come up */
    uint32_t bound;                        /* zygotes: what the supervisor has for their children, enum jail_bound */
    uint32_t standby;                      /* zygotes: children to keep ready */
    bool once;                             /* zygotes: one job is expected, warming up is not worth its time */
    bool apart;                            /* started without namespaces, which the machine did not give */
    bool lint;                             /* zygotes: they only read scripts */
    uint32_t renew_jobs;                   /* zygotes: after so many, a new one takes the place; 0: never */
    uint64_t renew_ms;                     /* zygotes: after this time; 0: never */
    enum peer_state state;
    uint64_t born_ns;
    uint32_t jobs;  /* that it was given to */
    int requests;   /* our end of the shared request socket */
    int supervisor; /* its lifetime and HOST_READY */
    int hold;       /* zygotes: keeps the environment from being removed; -1 for none */
    int pidfd;
    pid_t pid;
    struct host_ready ready; /* zygotes that are up, or whose jail is too little */
};

void peer_init(struct peer *peer, enum supervisor_peer kind, const struct environment *environment);
void peer_like(struct peer *ret, const struct peer *peer); /* with the same settings, not started */
MUST_USE int peer_start(struct peer *peer, struct err *err);
MUST_USE int peer_ready(struct peer *peer, struct err *err);
/* Whether its jail is what is required, as far as it has told of it. */
MUST_USE int peer_meets(const struct peer *peer, struct err *err);
/* A job may come: who waits for one warms up. It does not wait, and does not fail. */
void peer_expect(const struct peer *peer);
/* False when nobody is left who would receive a request: a worker may know that before we do. */
bool peer_listens(const struct peer *peer);
void peer_stop(struct peer *peer); /* kills, reaps, closes; a peer that is down is left alone */

/* The path of one of our programs: beside this one, or in ../libexec/quern of an installation. */
MUST_USE int program_path(const char *name, char *path, size_t bytes, struct err *err);

#endif
