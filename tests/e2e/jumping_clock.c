// SPDX-License-Identifier: Apache-2.0
// Preloaded by test_clock_jump.py: the time of day is as many seconds away from the machine's as the file JUMP says now.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const _Atomic int64_t *jump_seconds;

// Open before any jail: what is mapped is inherited.
__attribute__((constructor)) static void map_jump(void) {
    int file = open(JUMP, O_RDONLY | O_CLOEXEC);
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *jump_seconds, PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED)
        jump_seconds = page;
    if (file >= 0)
        close(file);
}

int clock_gettime(clockid_t clock, struct timespec *ret) {
    int done = (int)syscall(SYS_clock_gettime, clock, ret);
    if (done == 0 && jump_seconds && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        ret->tv_sec += *jump_seconds;
    return done;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *ret = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *ret) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret)
        *ret = now.tv_sec;
    return now.tv_sec;
}
