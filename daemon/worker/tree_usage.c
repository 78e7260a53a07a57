// SPDX-License-Identifier: Apache-2.0
#include "tree_usage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "daemon/pid_of.h"
#include "quern/own.h"

enum { MAX_FILES = 1024 }; // open files and sockets of a tree that are told apart; beyond, one may be counted twice

// What is written into a socket is memory that no process has, and nobody tells how much it is: beyond what an ordinary script
// has of them each counts as a full one, by the kernel's usual net.core.wmem_default and one message more.
enum { FREE_SOCKETS = 16, SOCKET_BYTES = 256 << 10 };

// Descriptors of a tree that are looked at, 1.6 us each. What is beyond is only counted, each as the most that an ordinary one
// can be: a full socket.
enum { MOST_DESCRIPTORS = 16384 };

struct seen {
    uint32_t count;
    ino_t inodes[MAX_FILES];
};

struct walk {
    const struct tree_view *view;
    struct tree_usage usage;
    struct cpu_book *book;      // tree_usage_most()
    uint64_t anonymous, shared; // tree_usage_fair()
    uint64_t files;             // bytes of open memory files
    uint32_t sockets;
    uint32_t descriptors; // looked at
    uint64_t unknown;     // those that were not
    struct seen seen_files, seen_sockets;
};

// The figure of a line "NAME:   123 kB" in bytes, or 0. `name` begins with the line feed before it.
static uint64_t figure(const char *text, const char *name) {
    const char *at = strstr(text, name);
    return at ? strtoull(at + strlen(name), NULL, 10) * 1024 : 0;
}

static bool is_input(const struct tree_view *view, ino_t inode) {
    for (uint32_t i = 0; i < view->input_count; i++)
        if (view->inputs[i] == inode)
            return true;
    return false;
}

/* ---- memory files that are open ---- */

static bool is_among(const struct seen *seen, ino_t inode) {
    for (uint32_t i = 0; i < seen->count; i++)
        if (seen->inodes[i] == inode)
            return true;
    return false;
}

static bool is_seen(struct seen *seen, ino_t inode) {
    if (is_among(seen, inode))
        return true;
    if (seen->count < MAX_FILES)
        seen->inodes[seen->count++] = inode;
    return false;
}

static void count_file(struct walk *walk, const struct stat *status) {
    if (walk->view->work_device == status->st_dev && S_ISREG(status->st_mode) && status->st_nlink == 0 &&
        !is_seen(&walk->seen_files, status->st_ino))
        walk->usage.unlinked_bytes += (uint64_t)status->st_blocks * 512;
    if (S_ISSOCK(status->st_mode) && !is_seen(&walk->seen_sockets, status->st_ino))
        walk->sockets++;
    if (status->st_dev != walk->view->memory_device || is_input(walk->view, status->st_ino))
        return;
    if (!is_seen(&walk->seen_files, status->st_ino))
        walk->files += (uint64_t)status->st_blocks * 512;
}

// In memory files and sockets.
static uint64_t open_bytes(const struct walk *walk) {
    uint64_t full = walk->sockets > FREE_SOCKETS ? walk->sockets - FREE_SOCKETS : 0;
    return walk->files + (full + walk->unknown) * SOCKET_BYTES;
}

static void count_lent(struct walk *walk) {
    struct stat status;
    if (walk->view->lent >= 0 && fstat(walk->view->lent, &status) == 0)
        count_file(walk, &status);
}

// Since Linux 6.2 the size of the directory; before, how many a process has room for.
static uint64_t count_open(int thread, int list) {
    char text[4096];
    struct stat status;
    if (fstat(list, &status) == 0 && status.st_size > 0)
        return (uint64_t)status.st_size;
    tree_process_text(thread, "status", text, sizeof text);
    const char *at = strstr(text, "\nFDSize:");
    return at ? strtoull(at + strlen("\nFDSize:"), NULL, 10) : 0;
}

// Returns how many it looked at.
static uint32_t look_at_files(struct walk *walk, DIR *list) {
    struct stat status;
    uint32_t before = walk->descriptors;
    for (struct dirent *entry; walk->descriptors < MOST_DESCRIPTORS && (entry = readdir(list));) {
        if (!tree_is_number(entry->d_name))
            continue;
        walk->descriptors++;
        if (fstatat(dirfd(list), entry->d_name, &status, 0) == 0)
            count_file(walk, &status);
    }
    return walk->descriptors - before;
}

static void count_files(struct walk *walk, int thread) {
    int fd = openat(thread, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list) {
        own_close(&fd);
        return;
    }
    uint64_t known = look_at_files(walk, list);
    uint64_t open = walk->descriptors < MOST_DESCRIPTORS ? 0 : count_open(thread, fd);
    walk->unknown += open > known ? open - known : 0;
    closedir(list);
}

/* ---- quick ---- */

static uint64_t us_of_ticks(unsigned long long ticks) { return ticks * (1000000u / (uint64_t)sysconf(_SC_CLK_TCK)); }

// Fields 14 to 17 of stat: user and system time, its own and of the children it waited for; and 22, its start. The name before
// them may hold anything but ends with the last parenthesis.
static void take_cpu(struct walk *walk, const char *stat) {
    unsigned long long user = 0, system = 0, started = 0;
    long long waited_user = 0, waited_system = 0;
    const char *at = strrchr(stat, ')');
    if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld %*d %*d %*d %*d %llu",
                      &user, &system, &waited_user, &waited_system, &started) != 5)
        return;
    uint64_t own_us = us_of_ticks(user + system);
    walk->usage.cpu_us += own_us + us_of_ticks((unsigned long long)waited_user + (unsigned long long)waited_system);
    cpu_book_see(walk->book, &(struct cpu_entry){(pid_t)strtol(stat, NULL, 10), started, own_us});
}

static void take_most(void *context, int process, int thread) {
    struct walk *walk = context;
    static const char *const figures[] = {"\nRssAnon:", "\nRssShmem:", "\nVmSwap:", "\nVmPTE:"};
    char status[4096], stat[1024];
    tree_process_text(thread, "status", status, sizeof status);
    tree_process_text(process, "stat", stat, sizeof stat);
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        walk->usage.memory_bytes += figure(status, figures[i]);
    take_cpu(walk, stat);
    count_files(walk, thread);
}

// Those that were waited for are in the time of who waited, and in the book: the larger figure is nearer to the truth.
int tree_usage_most(const struct tree_view *view, struct cpu_book *book, struct tree_usage *ret, struct err *err) {
    struct walk walk = {.view = view, .book = book};
    cpu_book_begin(book);
    count_lent(&walk);
    TRY(tree_processes_visit(&view->processes, take_most, &walk, err));
    uint64_t seen_us = cpu_book_end(book);
    *ret = walk.usage;
    ret->cpu_us = seen_us > ret->cpu_us ? seen_us : ret->cpu_us;
    ret->memory_bytes += open_bytes(&walk);
    return 0;
}

uint64_t tree_usage_before(int pidfd) {
    struct timespec used = {0};
    clockid_t clock;
    int pid = pid_of(pidfd);
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used) < 0)
        return 0;
    return (uint64_t)used.tv_sec * 1000000u + (uint64_t)used.tv_nsec / 1000u;
}

/* ---- fair ---- */

// What a mapping's heading says of its file. An anonymous one has inode 0.
static bool is_shared_memory(const struct walk *walk, const char *heading) {
    unsigned high = 0, low = 0;
    unsigned long long inode = 0;
    if (sscanf(heading, "%*x-%*x %*s %*x %x:%x %llu", &high, &low, &inode) != 3 || inode == 0)
        return false;
    if (makedev(high, low) != walk->view->memory_device || is_input(walk->view, (ino_t)inode))
        return false;
    return !is_among(&walk->seen_files, (ino_t)inode); // open, it is counted as such
}

// A heading begins with an address, whose digits are small; the names of figures begin with a capital.
static bool is_heading(const char *line) {
    return (line[0] >= '0' && line[0] <= '9') || (line[0] >= 'a' && line[0] <= 'f');
}

// The rest of a heading whose file has a long name is no heading: a script may have chosen what it looks like.
static void take_mappings(struct walk *walk, int thread) {
    char line[512], buffer[1 << 16];
    bool wanted = false, begins = true;
    int fd = openat(thread, "smaps", O_RDONLY | O_CLOEXEC);
    auto_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file)
        setvbuf(file, buffer, _IOFBF, sizeof buffer);
    for (; file && fgets(line, sizeof line, file); begins = strchr(line, '\n') != NULL) {
        if (begins && is_heading(line))
            wanted = is_shared_memory(walk, line);
        else if (begins && wanted && strncmp(line, "Pss:", 4) == 0)
            walk->shared += strtoull(line + 4, NULL, 10) * 1024;
    }
}

// Who may not look into a process takes what everybody is told, without what it still may share with its zygote.
static void take_told(struct walk *walk, const char *status) {
    uint64_t anonymous = figure(status, "\nRssAnon:"), inherited = walk->view->inherited_bytes;
    walk->anonymous += (anonymous > inherited ? anonymous - inherited : 0) + figure(status, "\nRssShmem:") +
                       figure(status, "\nVmSwap:") + figure(status, "\nVmPTE:");
}

// The sum of a process is quickly had. Mapping by mapping is read only where it holds shared memory: inputs are of that.
static void take_fair(void *context, int process, int thread) {
    struct walk *walk = context;
    char sum[4096], status[4096];
    (void)process;
    tree_process_text(thread, "smaps_rollup", sum, sizeof sum);
    tree_process_text(thread, "status", status, sizeof status);
    if (!sum[0]) {
        take_told(walk, status);
        return;
    }
    walk->anonymous += figure(sum, "\nPss_Anon:") + figure(sum, "\nSwapPss:") + figure(status, "\nVmPTE:");
    if (figure(sum, "\nPss_Shmem:"))
        take_mappings(walk, thread);
}

static void take_files(void *context, int process, int thread) {
    struct walk *walk = context;
    (void)process;
    count_files(walk, thread);
}

int tree_usage_fair(const struct tree_view *view, uint64_t *ret, bool *ret_steady, struct err *err) {
    struct walk walk = {.view = view};
    struct tree_census before, after;
    count_lent(&walk);
    TRY(tree_processes_census(&view->processes, &before, err));
    TRY(tree_processes_visit(&view->processes, take_files, &walk, err));
    TRY(tree_processes_visit(&view->processes, take_fair, &walk, err));
    TRY(tree_processes_census(&view->processes, &after, err));
    *ret_steady = tree_census_equal(&before, &after);
    uint64_t own = walk.anonymous > view->inherited_bytes ? walk.anonymous - view->inherited_bytes : 0;
    *ret = own + walk.shared + open_bytes(&walk);
    return 0;
}
