// SPDX-License-Identifier: Apache-2.0
#include "codec_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/clock.h"
#include "quern/dataset.h"
#include "quern/jail.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "segment_sample.h"

int rig_count_entries(const char *path) {
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

// As the supervisor does it: in namespaces of its own.
void rig_start(struct rig *rig, int requests, int supervisor) {
    static const char *const argv[] = {"quern-codec", NULL}, *const environ[] = {NULL};
    const int fds[] = {requests, supervisor};
    struct jail_spawn spawn = {
        .program = QUERN_CODEC_PROGRAM, .argv = argv, .environ = environ, .fds = fds, .fd_count = 2, .isolate = true};
    struct err err;
    int pidfd;
    if (jail_spawn(&spawn, &pidfd, &rig->pid, &err) < 0)
        fail_msg("%s", err.msg);
    close(pidfd);
}

int rig_setup(void **state) {
    struct err err;
    int requests[2], supervisor[2];
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    rig->open_before = rig_count_entries("/proc/self/fd");
    assert_int_equal(record_pair(requests, &err), 0);
    assert_int_equal(record_pair(supervisor, &err), 0);
    rig_start(rig, requests[1], supervisor[1]);
    close(requests[1]);
    close(supervisor[1]);
    rig->supervisor = supervisor[0];
    rig->codec.requests = requests[0];
    codec_ceilings_default(&rig->codec.ceilings);
    *state = rig;
    return 0;
}

void rig_wait_gone(pid_t pid) {
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

// Each test proves that quern-codec ends with its supervisor and that the client lost no descriptor.
int rig_teardown(void **state) {
    struct rig *rig = *state;
    close(rig->supervisor);
    if (rig->pid > 0)
        rig_wait_gone(rig->pid);
    close(rig->codec.requests);
    assert_int_equal(rig_count_entries("/proc/self/fd"), rig->open_before);
    free(rig);
    return 0;
}

size_t rig_children_of(pid_t parent, pid_t *pids, size_t max) {
    char path[64];
    size_t count = 0;
    long pid;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", parent, parent);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (count < max && fscanf(file, "%ld", &pid) == 1)
        pids[count++] = (pid_t)pid;
    fclose(file);
    return count;
}

void rig_wait_for_children(pid_t parent, size_t wanted) {
    pid_t pids[64];
    uint64_t deadline = clock_deadline_ns(DEADLINE_MS);
    while (rig_children_of(parent, pids, 64) != wanted) {
        assert_true(clock_now_ns() < deadline);
        poll(NULL, 0, 1);
    }
}

int rig_sample_file(uint64_t rows) {
    uint64_t bytes;
    auto_free void *segment = segment_sample(rows, SAMPLE_COLUMNS, true, &bytes);
    return segment_sample_file(segment, bytes);
}

int rig_new_output(void) {
    struct err err;
    int fd = memory_new("output", 0, &err);
    assert_true(fd >= 0);
    return fd;
}

int rig_sample_arrow(uint64_t rows) {
    uint64_t bytes, written;
    struct err err;
    auto_free void *segment = segment_sample(rows, SAMPLE_COLUMNS, true, &bytes);
    int fd = rig_new_output();
    if (dataset_write(segment, fd, 0, 1, &written, &err) < 0)
        fail_msg("%s", err.msg);
    return fd;
}

// ---- a grant that does something first ----

int rig_grant(void *context, uint64_t bytes, uint64_t rows, uint32_t columns, struct err *err) {
    struct granting *granting = context;
    pid_t child = 0;
    assert_int_equal(columns, granting->columns);
    assert_true(rows > 0);
    granting->calls++;
    if (granting->kills-- > 0) {
        assert_int_equal(rig_children_of(granting->rig->pid, &child, 1), 1);
        assert_int_equal(kill(child, SIGKILL), 0);
    }
    if (granting->truncate >= 0)
        assert_int_equal(ftruncate(granting->truncate, 0), 0);
    if (granting->touch >= 0)
        assert_int_equal(futimens(granting->touch, NULL), 0);
    int fd = memory_new("segment", bytes, err);
    if (granting->kept >= 0)
        close(granting->kept);
    granting->kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return fd;
}

struct granting rig_granting(const struct rig *rig) {
    return (struct granting){.rig = rig, .truncate = -1, .touch = -1, .kept = -1, .columns = SAMPLE_COLUMNS};
}

void rig_done_granting(struct granting *granting) {
    if (granting->kept >= 0)
        close(granting->kept);
}

int rig_decode(struct rig *rig, int blob, struct granting *granting, struct codec_outcome *outcome, struct err *err) {
    const struct codec_wish all = {.profile = SEGMENT_PROFILE_NS};
    return codec_decode(&rig->codec, blob, &all, rig_grant, granting, outcome, err);
}

void rig_ask(const struct rig *rig, const struct codec_request *request, const int *fds, size_t count, int *ret_reply) {
    struct err err;
    int ends[2], all[RECORD_MAX_FDS];
    assert_int_equal(record_pair(ends, &err), 0);
    all[0] = ends[1];
    memcpy(all + 1, fds, count * sizeof *fds);
    if (record_send(rig->codec.requests, request, sizeof *request, all, count + 1, &err) < 0)
        fail_msg("%s", err.msg);
    close(ends[1]);
    *ret_reply = ends[0];
}

struct codec_request rig_request(const struct rig *rig, enum codec_op op) {
    return (struct codec_request){
        .version = CODEC_VERSION, .op = op, .profile = SEGMENT_PROFILE_NS, .ceilings = rig->codec.ceilings};
}
