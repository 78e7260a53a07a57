// SPDX-License-Identifier: Apache-2.0
#include "grants.h"

#include "host_memory.h"
#include "quern/clock.h"
#include "worker_link.h"

static bool living(const struct worker_link *link) { return link->alive && !link->dead; }

static bool waits_for(const struct worker_link *link, enum worker_wait wait) {
    return living(link) && link->wait == wait;
}

static bool holds(const struct supervisor *supervisor, uint32_t worker) {
    return segments_pins(&supervisor->segments, worker) || segments_loading(&supervisor->segments, worker) != NULL;
}

// It has memory, and will let go of it without more.
static bool goes_on(const struct supervisor *supervisor, uint32_t worker) {
    const struct worker_link *link = &supervisor->workers[worker];
    if (!link->alive || link->wait == WAIT_GRANT || !holds(supervisor, worker))
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
static uint32_t next_waiting(const struct supervisor *supervisor, enum worker_wait wait, uint64_t order) {
    uint32_t next = SUPERVISOR_MAX_WORKERS;
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &supervisor->workers[i];
        if (!waits_for(link, wait) || link->wait_order <= order)
            continue;
        if (next == SUPERVISOR_MAX_WORKERS || link->wait_order < supervisor->workers[next].wait_order)
            next = i;
    }
    return next;
}

static bool any_waits(const struct supervisor *supervisor, enum worker_wait wait) {
    return next_waiting(supervisor, wait, 0) < SUPERVISOR_MAX_WORKERS;
}

static uint32_t last_waiting(const struct supervisor *supervisor, enum worker_wait wait) {
    uint32_t last = SUPERVISOR_MAX_WORKERS, next;
    for (uint64_t order = 0; (next = next_waiting(supervisor, wait, order)) < SUPERVISOR_MAX_WORKERS;
         order = supervisor->workers[next].wait_order)
        last = next;
    return last;
}

// ---- beginning to wait ----

static void begin(struct supervisor *supervisor, uint32_t worker, enum worker_wait wait) {
    struct worker_link *link = &supervisor->workers[worker];
    link->wait = wait;
    link->wait_order = ++supervisor->waits;
    link->wait_begun_ns = clock_now_ns();
}

int grants_ask(struct supervisor *supervisor, uint32_t worker, const struct supervisor_key *key, uint64_t bytes,
               int *ret_fd, struct err *err) {
    struct segments *segments = &supervisor->segments;
    struct worker_link *link = &supervisor->workers[worker];
    segments->free_bytes = host_memory_free("/proc", "/sys/fs/cgroup");
    if (bytes <= segments_available(segments) || bytes > segments_most(segments, worker))
        return segments_grant(segments, worker, key, bytes, ret_fd, err);
    if (link->told)
        return err_set(err, REASON_CANCELLED,
                       "a dataset needs %llu bytes of memory, for which a job that is to end does not wait",
                       (unsigned long long)bytes);
    link->granting = *key;
    link->granting_bytes = bytes;
    begin(supervisor, worker, WAIT_GRANT);
    *ret_fd = -1;
    return 0;
}

bool grants_hold_back(struct supervisor *supervisor, uint32_t worker) {
    uint32_t first = next_waiting(supervisor, WAIT_GRANT, 0);
    if (first == SUPERVISOR_MAX_WORKERS || holds(supervisor, worker) || supervisor->workers[worker].told)
        return false;
    if (clock_now_ns() - supervisor->workers[first].wait_begun_ns < (uint64_t)GRANTS_PASS_MS * 1000000)
        return false;
    begin(supervisor, worker, WAIT_RESERVE);
    return true;
}

// ---- ceasing to wait ----

static void answer(struct supervisor *supervisor, uint32_t worker) {
    struct worker_link *link = &supervisor->workers[worker];
    struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY};
    int fd = -1;
    link->wait = WAIT_NONE;
    int failed = segments_grant(&supervisor->segments, worker, &link->granting, link->granting_bytes, &fd, &reply.err);
    worker_link_reply(link, &reply, &fd, failed ? 0 : 1);
}

static void refuse(struct supervisor *supervisor, uint32_t worker, enum reason reason, const char *why) {
    struct worker_link *link = &supervisor->workers[worker];
    struct supervisor_reply reply = {.kind = SUPERVISOR_REPLY};
    if (link->wait == WAIT_GRANT)
        err_fill(&reply.err, reason, "a dataset needs %llu bytes of memory, %s",
                 (unsigned long long)link->granting_bytes, why);
    else
        err_fill(&reply.err, reason, "datasets need memory, %s", why);
    link->wait = WAIT_NONE;
    worker_link_reply(link, &reply, NULL, 0);
}

void grants_end(struct supervisor *supervisor, uint32_t worker) {
    if (supervisor->workers[worker].wait != WAIT_NONE)
        refuse(supervisor, worker, REASON_CANCELLED, "for which it waited when it was to end");
}

static void answer_all_that_fit(struct supervisor *supervisor) {
    struct segments *segments = &supervisor->segments;
    uint32_t worker;
    for (uint64_t order = 0; (worker = next_waiting(supervisor, WAIT_GRANT, order)) < SUPERVISOR_MAX_WORKERS;) {
        const struct worker_link *link = &supervisor->workers[worker];
        order = link->wait_order;
        if (link->granting_bytes <= segments_available(segments) ||
            link->granting_bytes > segments_most(segments, worker))
            answer(supervisor, worker);
    }
}

static void give_up_late_ones(struct supervisor *supervisor) {
    uint64_t now = clock_now_ns();
    for (uint32_t i = 0; i < SUPERVISOR_MAX_WORKERS; i++) {
        const struct worker_link *link = &supervisor->workers[i];
        if (living(link) && link->wait != WAIT_NONE && link->wait_ends_ns <= now)
            refuse(supervisor, i, REASON_INFRA, "which other jobs of this host held for too long");
    }
}

static void let_reserve(struct supervisor *supervisor) {
    uint32_t worker;
    for (uint64_t order = 0; (worker = next_waiting(supervisor, WAIT_RESERVE, order)) < SUPERVISOR_MAX_WORKERS;) {
        order = supervisor->workers[worker].wait_order;
        supervisor->workers[worker].wait = WAIT_NONE;
        worker_link_reserve(supervisor, worker);
    }
}

void grants_retry(struct supervisor *supervisor) {
    if (!any_waits(supervisor, WAIT_GRANT) && !any_waits(supervisor, WAIT_RESERVE))
        return;
    supervisor->segments.free_bytes = host_memory_free("/proc", "/sys/fs/cgroup");
    answer_all_that_fit(supervisor);
    give_up_late_ones(supervisor);
    if (any_waits(supervisor, WAIT_GRANT) && nobody_goes_on(supervisor))
        refuse(supervisor, last_waiting(supervisor, WAIT_GRANT), REASON_INFRA,
               "which is held by jobs that wait for memory themselves");
    if (!any_waits(supervisor, WAIT_GRANT))
        let_reserve(supervisor);
}

uint64_t grants_next_ns(const struct worker_link *link) {
    return link->wait != WAIT_NONE ? link->wait_ends_ns : CLOCK_NEVER;
}
