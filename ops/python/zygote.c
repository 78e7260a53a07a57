// SPDX-License-Identifier: Apache-2.0
#include "ops/python/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#include "ops/python/ward.h"
#include "quern/clock.h"
#include "quern/host.h"
#include "quern/own.h"
#include "quern/record.h"

struct zygote {
    struct zygote_options options;
    int requests;             /* -1 when nobody is left to ask */
    int unread;               /* of heritage */
    struct jail_limits usual; /* of the last job that got a child: those of the next standby child's work directory */
    uint64_t quiet_ns;        /* no standby child is forked before: whoever was given one has the processor */
    struct ward wards[JAIL_SLOTS];
};

// After a request, so that one that follows at once finds us; and after a standby child that failed.
#define QUIET_NS UINT64_C(3000000)
#define FAILED_NS UINT64_C(10000000000)

// The order of the poll list: two of the zygote's own, then three per ward. Dead descriptors are -1 and never ready.
enum { AT_SUPERVISOR, AT_REQUESTS, AT_WARDS };
enum { AT_CONTROL, AT_CHILD, AT_INIT, PER_WARD };
#define POLLS (AT_WARDS + PER_WARD * JAIL_SLOTS)

static void list_polls(const struct zygote *zygote, struct pollfd *polls) {
    polls[AT_SUPERVISOR] = (struct pollfd){.fd = zygote->options.supervisor, .events = POLLIN};
    polls[AT_REQUESTS] = (struct pollfd){.fd = zygote->requests, .events = POLLIN};
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++) {
        const struct ward *ward = &zygote->wards[slot];
        struct pollfd *at = &polls[AT_WARDS + PER_WARD * slot];
        // The init dies only after the child was reaped.
        int init = ward->pidfd < 0 ? ward->init : -1;
        at[AT_CONTROL] = (struct pollfd){.fd = ward->control, .events = POLLIN};
        at[AT_CHILD] = (struct pollfd){.fd = ward->pidfd, .events = POLLIN};
        at[AT_INIT] = (struct pollfd){.fd = init, .events = POLLIN};
    }
}

static struct ward *free_ward(struct zygote *zygote, uint32_t *ret_slot, struct err *err) {
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++) {
        if (!zygote->wards[slot].living) {
            *ret_slot = slot;
            return &zygote->wards[slot];
        }
    }
    err_set(err, REASON_INFRA, "all %u slots of the environment are taken", JAIL_SLOTS);
    return NULL;
}

// A supervisor that does not listen now learns of the child when its job comes.
static void tell_born(int supervisor, int pidfd) {
    const struct host_born born = {.version = HOST_VERSION};
    struct err ignored;
    (void)!record_post(supervisor, &born, sizeof born, &pidfd, 1, &ignored);
}

static int fork_child(struct zygote *zygote, const struct jail_limits *limits, int control, struct err *err) {
    uint32_t slot = 0;
    struct ward *ward = free_ward(zygote, &slot, err);
    if (!ward)
        return -1;
    const struct zygote_options *options = &zygote->options;
    struct heritage heritage = {.jail = options->jail,
                                .slot = slot,
                                .profile = options->profile,
                                .standby = control < 0,
                                .bare = options->bare,
                                .limits = *limits,
                                .unread = zygote->unread};
    TRY(ward_fork(ward, &heritage, options->inherited_bytes, control, err));
    if (control < 0)
        tell_born(options->supervisor, ward->pidfd);
    return 0;
}

/* ---- standby children ---- */

// The youngest one that is warm: its memory is still in the processor's caches.
static struct ward *ready_ward(struct zygote *zygote) {
    struct ward *found = NULL;
    for (struct ward *ward = zygote->wards; ward < zygote->wards + JAIL_SLOTS; ward++)
        if (ward_stands_by(ward) && ward_is_ready(ward) && (!found || ward->born_ns > found->born_ns))
            found = ward;
    return found;
}

static uint32_t count_standby(const struct zygote *zygote) {
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++)
        count += ward_stands_by(&zygote->wards[slot]);
    return count;
}

static uint64_t old_ns(const struct zygote *zygote, const struct ward *ward) {
    return ward->born_ns + zygote->options.standby_ms * UINT64_C(1000000);
}

static void retire_old(struct zygote *zygote, uint64_t now_ns) {
    for (struct ward *ward = zygote->wards; ward < zygote->wards + JAIL_SLOTS; ward++)
        if (ward_stands_by(ward) && now_ns >= old_ns(zygote, ward))
            ward_unwanted(ward);
}

static uint64_t next_old_ns(const struct zygote *zygote) {
    uint64_t next = CLOCK_NEVER;
    for (const struct ward *ward = zygote->wards; ward < zygote->wards + JAIL_SLOTS; ward++)
        if (ward_stands_by(ward) && old_ns(zygote, ward) < next)
            next = old_ns(zygote, ward);
    return next;
}

// One at a time, and only when nobody asks for anything. What fails here fails again for the next job, which is told why.
static int top_up(struct zygote *zygote, struct err *err) {
    uint64_t now = clock_now_ns();
    struct err cause;
    retire_old(zygote, now);
    if (now < zygote->quiet_ns || count_standby(zygote) >= zygote->options.standby)
        return 0;
    if (fork_child(zygote, &zygote->usual, -1, &cause) == 0)
        return 0;
    zygote->quiet_ns = now + FAILED_NS;
    if (cause.reason != REASON_BUG)
        return 0;
    *err = cause;
    return -1;
}

/* ---- the end ---- */

// Nobody can ask any more: those who wait wait in vain, and the others finish.
static bool retire(struct zygote *zygote) {
    bool living = false;
    for (struct ward *ward = zygote->wards; ward < zygote->wards + JAIL_SLOTS; ward++) {
        if (ward_stands_by(ward))
            ward_unwanted(ward);
        living = living || ward->living;
    }
    return !living;
}

static int sooner(int one_ms, int other_ms) {
    return one_ms < 0 || (other_ms >= 0 && other_ms < one_ms) ? other_ms : one_ms;
}

static int top_up_after_ms(const struct zygote *zygote) {
    if (zygote->options.standby == 0 || zygote->requests < 0)
        return -1;
    return clock_poll_ms(count_standby(zygote) < zygote->options.standby ? zygote->quiet_ns : next_old_ns(zygote));
}

// The one that the next job gets; whoever is being warmed up for another one is not asked again.
static void wake_child(struct zygote *zygote) {
    struct ward *ward = ready_ward(zygote);
    zygote->quiet_ns = clock_now_ns() + QUIET_NS;
    if (ward)
        ward_wake(ward, true);
}

// Where none is ready, one is forked. Who fails to fit the request dies, and no other is tried: it would fail, too.
static int find_child(struct zygote *zygote, const struct host_spawn *request, int *control, struct err *err) {
    const struct zygote_options *options = &zygote->options;
    struct ward *ward = ready_ward(zygote);
    struct err ignored;
    zygote->quiet_ns = clock_now_ns() + QUIET_NS;
    if (!ward || ward_give(ward, options->jail, request, options->inherited_bytes, *control, &ignored) < 0)
        TRY(fork_child(zygote, &request->limits, *control, err));
    zygote->usual = request->limits;
    *control = -1;
    return 0;
}

static int check_request(const struct host_spawn *request, size_t fd_count, struct err *err) {
    if (request->version != HOST_VERSION)
        return err_set(err, REASON_INFRA, "host protocol: expected version %u, found %u", HOST_VERSION,
                       request->version);
    if (request->when > HOST_PERHAPS)
        return err_set(err, REASON_BUG, "a request: when: expected 0 to %d, found %u", HOST_PERHAPS, request->when);
    const unsigned sockets = request->when == HOST_PERHAPS ? 0 : 1;
    if (fd_count != sockets)
        return err_set(err, REASON_BUG, "a request: expected %u control sockets, found %zu", sockets, fd_count);
    return request->when == HOST_PERHAPS ? 0 : jail_limits_check(&request->limits, err);
}

// What cannot be told to the asker is not told: it is gone.
static int refuse(int control, const struct err *cause, struct err *err) {
    if (control >= 0)
        ward_refuse(control, cause);
    if (cause->reason != REASON_BUG)
        return 0;
    *err = *cause;
    return -1;
}

// A request that is no request is dropped, whoever sent it: the socket is shared and others wait.
static int take_request(struct zygote *zygote, struct err *err) {
    struct host_spawn request;
    struct err cause;
    auto_fd int control = -1;
    size_t count = 0;
    int got = record_receive(zygote->requests, &request, sizeof request, &control, 1, &count, &cause);
    if (got == 0)
        zygote->requests = -1;
    if (got <= 0)
        return 0;
    if (check_request(&request, count, &cause) < 0) {
        cause.reason = REASON_INFRA;
        return refuse(control, &cause, err);
    }
    if (request.when == HOST_PERHAPS) {
        wake_child(zygote);
        return 0;
    }
    return find_child(zygote, &request, &control, &cause) < 0 ? refuse(control, &cause, err) : 0;
}

// Workers say nothing on `control` but goodbye; words are dropped.
static void take_control(struct ward *ward) {
    struct host_spawn ignored;
    if (record_receive(ward->control, &ignored, sizeof ignored, NULL, 0, NULL, NULL) == 0)
        ward_unwanted(ward);
}

static void watch_ward(struct zygote *zygote, struct ward *ward, const struct pollfd *polls) {
    if (polls[AT_CONTROL].revents)
        take_control(ward);
    if (polls[AT_CHILD].revents) {
        if (ward_stands_by(ward))
            zygote->quiet_ns = clock_now_ns() + FAILED_NS;
        ward_died(ward);
    }
    if (polls[AT_INIT].revents)
        ward_ended(ward);
}

static int next_turn_ms(const struct zygote *zygote) {
    int after = top_up_after_ms(zygote);
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++)
        after = sooner(after, ward_turn_ms(&zygote->wards[slot]));
    return after;
}

static int poll_once(const struct zygote *zygote, struct pollfd *polls, struct err *err) {
    list_polls(zygote, polls);
    while (poll(polls, POLLS, next_turn_ms(zygote)) < 0)
        if (errno != EINTR)
            return err_sys(err, REASON_BUG, "poll");
    return 0;
}

// Returns 1 when the supervisor is gone, or nobody is left to ask or be waited for. Deaths come before requests, so that a slot that is free is found free.
static int turn(struct zygote *zygote, struct err *err) {
    struct pollfd polls[POLLS];
    TRY(poll_once(zygote, polls, err));
    if (polls[AT_SUPERVISOR].revents & (POLLHUP | POLLERR))
        return 1;
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++) {
        watch_ward(zygote, &zygote->wards[slot], &polls[AT_WARDS + PER_WARD * slot]);
        ward_turn(&zygote->wards[slot], zygote->options.jail, slot);
    }
    if (polls[AT_REQUESTS].revents)
        TRY(take_request(zygote, err));
    else if (zygote->requests >= 0)
        TRY(top_up(zygote, err));
    return zygote->requests < 0 && retire(zygote);
}

// All trees are killed at once and then waited for: nothing of ours may outlive the environment.
static void end_all(struct zygote *zygote) {
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++)
        if (zygote->wards[slot].living)
            ward_unwanted(&zygote->wards[slot]);
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++) {
        struct ward *ward = &zygote->wards[slot];
        if (ward->living && ward->pidfd >= 0)
            ward_died(ward);
        if (ward->living)
            ward_ended(ward);
    }
}

static int open_unread(struct err *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_sys(err, REASON_INFRA, "the streams of children without a job");
    close(ends[0]);
    return ends[1];
}

int zygote_run(const struct zygote_options *options, struct err *err) {
    struct zygote zygote = {.options = *options, .requests = options->requests, .unread = open_unread(err)};
    TRY(zygote.unread);
    jail_limits_default(&zygote.usual);
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++)
        ward_clear(&zygote.wards[slot]);
    int done;
    do
        done = turn(&zygote, err);
    while (done == 0);
    end_all(&zygote);
    close(zygote.unread);
    return done < 0 ? -1 : 0;
}
