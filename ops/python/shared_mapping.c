// SPDX-License-Identifier: Apache-2.0
// Shared memory without a file: MAP_SHARED | MAP_ANONYMOUS, Python's mmap.mmap(-1, n). Where a job's memory is bounded by looking
// its filter refuses that (ops/jail/filter_job.c), and it gets a file in the job's /dev/shm, whose size is bounded. Room for all of
// it is taken at once: who finds none later gets SIGBUS.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *map(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
    return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
}

static int make_file(void) {
    char path[PATH_MAX];
    const char *directory = getenv("SHARED_MEMORY_DIRECTORY"); // shared_memory.c
    int used = snprintf(path, sizeof path, "%s/quern-XXXXXX", directory ? directory : "/dev/shm");
    int fd = used < PATH_MAX ? mkostemp(path, O_CLOEXEC) : -1;
    if (fd >= 0)
        unlink(path);
    return fd;
}

static int take_room(int fd, size_t bytes) {
    int failed = ENOSPC;
    if (bytes <= LONG_MAX)
        while ((failed = posix_fallocate(fd, 0, (off_t)bytes)) == EINTR)
            ;
    errno = failed;
    return failed == 0 ? 0 : -1;
}

// Before there is room nothing that stands at a fixed address may be replaced: it could not be put back.
static void *map_with_room(int fd, void *address, size_t bytes, int protection, int flags) {
    bool fixed = flags & MAP_FIXED;
    if (fixed && take_room(fd, bytes) < 0)
        return MAP_FAILED;
    void *memory = map(address, bytes, protection, flags & ~MAP_ANONYMOUS, fd, 0);
    if (fixed || memory == MAP_FAILED || take_room(fd, bytes) == 0)
        return memory;
    int sys = errno;
    munmap(memory, bytes);
    errno = sys;
    return MAP_FAILED;
}

static void *map_file(void *address, size_t bytes, int protection, int flags) {
    int fd = make_file();
    void *memory = fd < 0 ? MAP_FAILED : map_with_room(fd, address, bytes, protection, flags);
    int sys = errno;
    if (fd >= 0)
        close(fd);
    errno = sys;
    return memory;
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
    const int refused = MAP_SHARED | MAP_ANONYMOUS;
    void *memory = map(address, bytes, protection, flags, fd, offset);
    if (memory != MAP_FAILED || errno != EPERM || (flags & refused) != refused)
        return memory;
    return map_file(address, bytes, protection, flags);
}

void *mmap64(void *address, size_t bytes, int protection, int flags, int fd, off64_t offset)
    __attribute__((alias("mmap")));
