// SPDX-License-Identifier: Apache-2.0
#include "grants.h"

#include "host_memory.h"
#include "worker_link.h"

static bool living(const struct worker_link *link) { return link->alive && !link->dead; }

static bool any_waits(const struct supervisor *supervisor) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (living(&supervisor->workers[i]) && supervisor->workers[i].granting_bytes)
            return true;
    return false;
}

static bool holds(const struct supervisor *supervisor, uint32_t worker) {
    return segments_pins(&supervisor->segments, worker) || segments_loading(&supervisor->segments, worker) != NULL;
}

// It has memory, and will let go of it without more.
static bool goes_on(const struct supervisor *supervisor, uint32_t worker) {
    const struct worker_link *link = &supervisor->workers[worker];
    if (!link->alive || link->granting_bytes || !holds(supervisor, worker))
        return false;
    return segments_loading(&supervisor->segments, worker) || !segments_waits(&supervisor->segments, worker);
}

static bool nobody_goes_on(const struct supervisor *supervisor) {
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++)
        if (goes_on(supervisor, i))
            return false;
    return true;
}

// Who began to wait first after `order`, or SUPERVISOR_MAX_WORKERS.
static uint32_t next_waiting(const struct supervisor *supervisor, uint64_t order) {
    uint32_t next = SUPERVISOR_MAX_WORKERS;
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &supervisor->workers[i];
        if (!living(link) || !link->granting_bytes || link->granting_order <= order)
            continue;
        if (next == SUPERVISOR_MAX_WORKERS || link->granting_order < supervisor->workers[next].granting_order)
            next = i;
    }
    return next;
}

static uint32_t last_waiting(const struct supervisor *supervisor) {
    uint32_t last = SUPERVISOR_MAX_WORKERS, next;
    for (uint64_t order = 0; (next = next_waiting(supervisor, order)) < SUPERVISOR_MAX_WORKERS;
         order = supervisor->workers[next].granting_order)
        last = next;
    return last;
}

int grants_ask(struct supervisor *supervisor, uint32_t worker, const struct supervisor_key *key, uint64_t bytes,
               int *ret_fd, struct err *err) {
    struct segments *segments = &supervisor->segments;
    struct worker_link *link = &supervisor->workers[worker];
    segments->free_bytes = host_memory_free("/proc", "/sys/fs/cgroup");
    if (bytes <= segments_available(segments) || bytes > segments_most(segments, worker))
        return segments_grant(segments, worker, key, bytes, ret_fd, err);
    link->granting = *key;
    link->granting_bytes = bytes;
    link->granting_order = ++supervisor->grants;
    *ret_fd = -1;
    return 0;
}

static void answer(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY};
    uint64_t bytes = link->granting_bytes;
    int fd = -1;
    link->granting_bytes = 0;
    int failed = segments_grant(&supervisor->segments, worker, &link->granting, bytes, &fd, &reply.err);
    worker_link_reply(link, &reply, &fd, failed ? 0 : 1);
}

static void refuse(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY};
    err_fill(&reply.err, REASON_INFRA,
             "a dataset needs %llu bytes of memory, which is held by jobs that wait for memory themselves",
             (unsigned long long)link->granting_bytes);
    link->granting_bytes = 0;
    worker_link_reply(link, &reply, NULL, 0);
}

void grants_retry(struct supervisor *supervisor) {
    struct segments *segments = &supervisor->segments;
    uint32_t worker;
    if (!any_waits(supervisor))
        return;
    segments->free_bytes = host_memory_free("/proc", "/sys/fs/cgroup");
    for (uint64_t order = 0; (worker = next_waiting(supervisor, order)) < SUPERVISOR_MAX_WORKERS;) {
        const struct worker_link *link = &supervisor->workers[worker];
        order = link->granting_order;
        if (link->granting_bytes <= segments_available(segments) ||
            link->granting_bytes > segments_most(segments, worker))
            answer(supervisor, worker);
    }
    if (any_waits(supervisor) && nobody_goes_on(supervisor))
        refuse(supervisor, last_waiting(supervisor));
}
