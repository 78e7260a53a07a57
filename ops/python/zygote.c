// SPDX-License-Identifier: Apache-2.0
#include "ops/python/zygote.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "ops/python/ward.h"
#include "quern/host.h"
#include "quern/own.h"

struct zygote {
    struct zygote_options options;
    int requests; /* -1 when nobody is left to ask */
    struct ward wards[JAIL_SLOTS];
};

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

static int fork_child(struct zygote *zygote, int *control, struct err *err) {
    uint32_t slot = 0;
    struct ward *ward = free_ward(zygote, &slot, err);
    if (!ward)
        return -1;
    const struct zygote_options *options = &zygote->options;
    struct heritage heritage = {.jail = options->jail, .slot = slot, .profile = options->profile};
    TRY(ward_fork(ward, &heritage, options->inherited_bytes, *control, err));
    *control = -1;
    return 0;
}

static int check_request(const struct host_spawn *request, size_t fd_count, struct err *err) {
    if (fd_count != 1)
        return err_set(err, REASON_BUG, "a request without a control socket");
    if (request->version != HOST_VERSION)
        return err_set(err, REASON_INFRA, "host protocol: expected version %u, found %u", HOST_VERSION,
                       request->version);
    return 0;
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
    return fork_child(zygote, &control, &cause) < 0 ? refuse(control, &cause, err) : 0;
}

// Workers say nothing on `control` but goodbye; words are dropped.
static void take_control(struct ward *ward) {
    struct host_spawn ignored;
    if (record_receive(ward->control, &ignored, sizeof ignored, NULL, 0, NULL, NULL) == 0)
        ward_unwanted(ward);
}

static void watch_ward(struct ward *ward, const struct pollfd *polls) {
    if (polls[AT_CONTROL].revents)
        take_control(ward);
    if (polls[AT_CHILD].revents)
        ward_died(ward);
    if (polls[AT_INIT].revents)
        ward_ended(ward);
}

static int poll_once(const struct zygote *zygote, struct pollfd *polls, struct err *err) {
    list_polls(zygote, polls);
    while (poll(polls, POLLS, -1) < 0)
        if (errno != EINTR)
            return err_sys(err, REASON_BUG, "poll");
    return 0;
}

// Returns 1 when the supervisor is gone. Deaths come before requests, so that a slot that is free is found free.
static int turn(struct zygote *zygote, struct err *err) {
    struct pollfd polls[POLLS];
    TRY(poll_once(zygote, polls, err));
    if (polls[AT_SUPERVISOR].revents & (POLLHUP | POLLERR))
        return 1;
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++)
        watch_ward(&zygote->wards[slot], &polls[AT_WARDS + PER_WARD * slot]);
    return polls[AT_REQUESTS].revents ? take_request(zygote, err) : 0;
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

int zygote_run(const struct zygote_options *options, struct err *err) {
    struct zygote zygote = {.options = *options, .requests = options->requests};
    for (uint32_t slot = 0; slot < JAIL_SLOTS; slot++)
        ward_clear(&zygote.wards[slot]);
    int done;
    do
        done = turn(&zygote, err);
    while (done == 0);
    end_all(&zygote);
    return done < 0 ? -1 : 0;
}
