// SPDX-License-Identifier: Apache-2.0
// POSIX shared memory and semaphores of a name, in a directory of the job's own. The C library knows /dev/shm only, which at
// level minimal is everybody's and closed to scripts; multiprocessing, joblib and concurrent.futures need what stands there.
// quern-python has these functions itself, and what a script executes gets them by LD_PRELOAD. Where SHARED_MEMORY_DIRECTORY names
// no directory they are the C library's.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

// dlsym() gives a pointer to data for that to a function.
#define FORWARD(name, ...)                                                                                             \
    do {                                                                                                               \
        __typeof__(&name) next = NULL;                                                                                 \
        *(void **)&next = dlsym(RTLD_NEXT, #name);                                                                     \
        return next(__VA_ARGS__);                                                                                      \
    } while (0)

static const char *directory(void) { return getenv("SHARED_MEMORY_DIRECTORY"); }

// `prefix` keeps semaphores and memory of one name apart, as in /dev/shm.
static int path_of(const char *prefix, const char *name, char path[PATH_MAX]) {
    while (*name == '/')
        name++;
    int used = snprintf(path, PATH_MAX, "%s/%s%s", directory(), prefix, name);
    if (*name && !strchr(name, '/') && strlen(name) + strlen(prefix) <= NAME_MAX && used > 0 && used < PATH_MAX)
        return 0;
    errno = EINVAL;
    return -1;
}

int shm_open(const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!directory())
        FORWARD(shm_open, name, flags, mode);
    return path_of("", name, path) < 0 ? -1 : open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

int shm_unlink(const char *name) {
    char path[PATH_MAX];
    if (!directory())
        FORWARD(shm_unlink, name);
    return path_of("", name, path) < 0 ? -1 : unlink(path);
}

static sem_t *map(int fd) {
    void *memory = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(sem_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int sys = errno;
    if (fd >= 0)
        close(fd);
    errno = sys;
    return memory == MAP_FAILED ? SEM_FAILED : memory;
}

// Whole before it has its name: whoever finds it can use it.
static int make(const char *path, mode_t mode, unsigned value) {
    char fresh[PATH_MAX];
    sem_t semaphore;
    memset(&semaphore, 0, sizeof semaphore);
    if (sem_init(&semaphore, 1, value) < 0)
        return -1;
    int used = snprintf(fresh, sizeof fresh, "%s/.%ld", directory(), (long)gettid());
    int fd = used < PATH_MAX ? open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode) : -1;
    if (fd < 0)
        return -1;
    int done = write(fd, &semaphore, sizeof semaphore) == (ssize_t)sizeof semaphore ? link(fresh, path) : -1;
    int sys = errno;
    unlink(fresh);
    if (done == 0)
        return fd;
    close(fd);
    errno = sys;
    return -1;
}

static sem_t *open_or_make(const char *path, int flags, mode_t mode, unsigned value) {
    for (;;) {
        int fd = flags & O_CREAT && flags & O_EXCL ? -1 : open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0)
            return map(fd);
        if (!(flags & O_CREAT) || (!(flags & O_EXCL) && errno != ENOENT))
            return SEM_FAILED;
        fd = make(path, mode, value);
        if (fd >= 0 || flags & O_EXCL || errno != EEXIST)
            return map(fd);
    }
}

sem_t *sem_open(const char *name, int flags, ...) {
    char path[PATH_MAX];
    mode_t mode = 0;
    unsigned value = 0;
    if (flags & O_CREAT) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        value = va_arg(rest, unsigned);
        va_end(rest);
    }
    if (!directory())
        FORWARD(sem_open, name, flags, mode, value);
    return path_of("sem.", name, path) < 0 ? SEM_FAILED : open_or_make(path, flags, mode, value);
}

int sem_close(sem_t *semaphore) {
    if (!directory())
        FORWARD(sem_close, semaphore);
    return munmap(semaphore, sizeof *semaphore);
}

int sem_unlink(const char *name) {
    char path[PATH_MAX];
    if (!directory())
        FORWARD(sem_unlink, name);
    return path_of("sem.", name, path) < 0 ? -1 : unlink(path);
}

// Python and joblib put there what they share if there is room. Both names, because Python asks for the second.
int statvfs(const char *path, struct statvfs *ret) {
    if (!directory() || strcmp(path, "/dev/shm") != 0)
        FORWARD(statvfs, path, ret);
    memset(ret, 0, sizeof *ret);
    return 0;
}

int statvfs64(const char *path, struct statvfs64 *ret) {
    if (!directory() || strcmp(path, "/dev/shm") != 0)
        FORWARD(statvfs64, path, ret);
    memset(ret, 0, sizeof *ret);
    return 0;
}
