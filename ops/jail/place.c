// SPDX-License-Identifier: Apache-2.0
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "quern/dice.h"
#include "quern/own.h"
#include "remove.h"

// The mark is a limit on the time of real-time processes, of which there are none: large enough to be nobody's wish.
#define MARK_FLOOR (UINT64_C(1) << 62)
enum { MARK_DIGITS = 16, PIECE = 2000, SWEEPS = 100, DEATH_MS = 2000 };
enum { DIRECTORY = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* ---- the place of all zygotes of a user ---- */

static int home_path(const char *base, char path[PATH_MAX], struct err *err) {
    int used = snprintf(path, PATH_MAX, "%s/quern-%u", base, (unsigned)geteuid());
    return used > 0 && used < PATH_MAX - 64 ? 0 : err_set(err, REASON_CONFIG, "%.200s: the name is too long", base);
}

// The base is a place where everybody may write: what stands there under our name has to be ours.
static int open_home(const char *base, char path[PATH_MAX], struct err *err) {
    struct stat status;
    TRY(home_path(base, path, err));
    if (mkdir(path, 0711) < 0 && errno != EEXIST)
        return err_sys(err, REASON_INFRA, "%s", path);
    auto_fd int home = open(path, DIRECTORY);
    if (home < 0 || fstat(home, &status) < 0)
        return err_sys(err, REASON_INFRA, "%s", path);
    if (status.st_uid != geteuid())
        return err_set(err, REASON_CONFIG, "%s: expected a directory of uid %u, found one of uid %u", path,
                       (unsigned)geteuid(), (unsigned)status.st_uid);
    if (fchmod(home, 0711) < 0) // scripts may have a uid of their own
        return err_sys(err, REASON_INFRA, "%s", path);
    return steal_fd(&home);
}

/* ---- the place of one zygote ---- */

// A sweeper may have been between the making and the lock: then the directory has no name any more.
static int make_locked(int home, const char *name, struct err *err) {
    struct stat status;
    if (mkdirat(home, name, 0711) < 0)
        return err_sys(err, REASON_INFRA, "a directory for work directories");
    auto_fd int dir = openat(home, name, DIRECTORY);
    if (dir < 0 || fchmod(dir, 0711) < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0 || fstat(dir, &status) < 0 ||
        status.st_nlink == 0 || mkdirat(dir, "home", 0755) < 0)
        return err_sys(err, REASON_INFRA, "the directory for work directories %s", name);
    return steal_fd(&dir);
}

int place_open(const char *base, struct place *ret, struct err *err) {
    struct place place = {.dir = -1};
    char name[MARK_DIGITS + 1];
    auto_fd int home = open_home(base, place.path, err);
    TRY(home);
    place_sweep(base);
    dice_throw(&place.mark, sizeof place.mark);
    place.mark = place.mark % MARK_FLOOR + MARK_FLOOR;
    snprintf(name, sizeof name, "%016" PRIx64, place.mark);
    place.dir = make_locked(home, name, err);
    TRY(place.dir);
    size_t used = strlen(place.path);
    snprintf(place.path + used, sizeof place.path - used, "/%s", name);
    snprintf(place.home, sizeof place.home, "%.*s/home", PATH_MAX - 16, place.path);
    *ret = place;
    return 0;
}

/* ---- the directories of one child ---- */

int place_path(const struct place *place, uint32_t slot, const char *name, char path[PATH_MAX], struct err *err) {
    int used = snprintf(path, PATH_MAX, "%s/%" PRIu64 "/%s", place->path, place->numbers[slot], name);
    return used < PATH_MAX ? 0 : err_set(err, REASON_CONFIG, "%.200s: the name is too long", place->path);
}

static int make_own(int dir, const char *name, uid_t uid, gid_t gid, struct err *err) {
    if (mkdirat(dir, name, 0700) < 0 || fchmodat(dir, name, 0700, 0) < 0 ||
        fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
        return err_sys(err, REASON_INFRA, "a directory of a child");
    return 0;
}

int place_new(struct place *place, uint32_t slot, uid_t uid, gid_t gid, struct err *err) {
    char name[24];
    place->numbers[slot] = ++place->count;
    snprintf(name, sizeof name, "%" PRIu64, place->count);
    if (mkdirat(place->dir, name, 0711) < 0)
        return err_sys(err, REASON_INFRA, "a directory of a child");
    auto_fd int dir = openat(place->dir, name, DIRECTORY);
    if (dir < 0 || fchmod(dir, 0711) < 0)
        return err_sys(err, REASON_INFRA, "a directory of a child");
    TRY(make_own(dir, "work", uid, gid, err));
    return make_own(dir, "shm", uid, gid, err);
}

int place_mark(const struct place *place, struct err *err) {
    struct rlimit limit = {place->mark, place->mark}, found = {0, 0};
    if (setrlimit(RLIMIT_RTTIME, &limit) < 0 || getrlimit(RLIMIT_RTTIME, &found) < 0)
        return err_sys(err, REASON_INFRA, "RLIMIT_RTTIME");
    return found.rlim_max == place->mark ? 0 : err_set(err, REASON_INFRA, "the mark of the tree did not stay");
}

bool place_remove(struct place *place, uint32_t slot) {
    char name[24];
    snprintf(name, sizeof name, "%" PRIu64, place->numbers[slot]);
    auto_fd int dir = openat(place->dir, name, DIRECTORY);
    int done = dir < 0 ? 1 : remove_below(dir, PIECE);
    if (done == 0)
        return false;
    unlinkat(place->dir, name, AT_REMOVEDIR);
    place->numbers[slot] = 0;
    return true;
}

void place_close(struct place *place) {
    while (place->dir >= 0 && remove_below(place->dir, PIECE) == 0)
        continue;
    if (place->dir >= 0)
        rmdir(place->path);
    own_close(&place->dir);
}

/* ---- what dead zygotes left ---- */

static bool has_mark(const char *pid, uint64_t mark) {
    char path[64], line[256];
    unsigned long long soft = 0, hard = 0;
    snprintf(path, sizeof path, "/proc/%.20s/limits", pid);
    auto_file FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Max realtime timeout %llu %llu", &soft, &hard) == 2)
            return hard == mark;
    return false;
}

// By a descriptor that is opened before the mark is read: a number may be somebody else's meanwhile. With it goes its group,
// of which nobody can step out. True: it was one, and is dead; who is dead already is none.
static bool kill_marked(const char *name, uint64_t mark) {
    char *end = NULL;
    long pid = strtol(name, &end, 10);
    auto_fd int pidfd = *end || pid <= 1 ? -1 : pidfd_open((pid_t)pid, 0);
    struct pollfd dead = {.fd = pidfd, .events = POLLIN};
    pid_t group = pidfd < 0 ? -1 : getpgid((pid_t)pid);
    if (group <= 1 || !has_mark(name, mark) || poll(&dead, 1, 0) != 0)
        return false;
    kill(-group, SIGKILL);
    pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
    return poll(&dead, 1, DEATH_MS) > 0;
}

static bool kill_all_marked(uint64_t mark) {
    bool any = false;
    DIR *list = opendir("/proc");
    for (struct dirent *entry; list && (entry = readdir(list));)
        if (kill_marked(entry->d_name, mark))
            any = true;
    if (list)
        closedir(list);
    return any;
}

static void sweep_one(int home, const char *name, uint64_t mark) {
    auto_fd int dir = openat(home, name, DIRECTORY);
    if (dir < 0 || flock(dir, LOCK_EX | LOCK_NB) < 0)
        return;
    for (int i = 0; i < SWEEPS && kill_all_marked(mark); i++)
        continue;
    while (remove_below(dir, PIECE) == 0)
        continue;
    unlinkat(home, name, AT_REMOVEDIR);
}

void place_sweep(const char *base) {
    char path[PATH_MAX];
    struct err ignored;
    int home = open_home(base, path, &ignored);
    DIR *list = home < 0 ? NULL : fdopendir(home);
    if (!list)
        own_close(&home);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        char *end = NULL;
        uint64_t mark = strtoull(entry->d_name, &end, 16);
        if (*end == '\0' && strlen(entry->d_name) == MARK_DIGITS && mark >= MARK_FLOOR)
            sweep_one(home, entry->d_name, mark);
    }
    if (list)
        closedir(list);
}
