/* SPDX-License-Identifier: Apache-2.0 */
/* Monotonic time. Deadlines are absolute, in ns of CLOCK_MONOTONIC, the same for all processes of a host. */
#ifndef QUERN_CLOCK_H
#define QUERN_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER UINT64_MAX

static inline uint64_t clock_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The same of CLOCK_BOOTTIME, which goes on while the machine sleeps: for leases. */
static inline uint64_t clock_boot_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Milliseconds until `deadline_ns`, rounded up, for poll(2): -1 for CLOCK_NEVER, at most INT32_MAX. */
int clock_poll_ms(uint64_t deadline_ns);

/* ms as ns, a tenth more or less, by dice: so that many hosts do not come all at once. */
uint64_t clock_jitter_ns(uint64_t ms);

/* now + ms, or CLOCK_NEVER for ms == 0. */
uint64_t clock_deadline_ns(uint64_t ms);

#endif
