// SPDX-License-Identifier: Apache-2.0
#include "storage_scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "quern/memory.h"

static struct redis_server server; // of all tests of a program

struct redis_server *scratch_server(void) {
    if (!server.pid)
        redis_server_start(&server, true);
    return &server;
}

int scratch_group_teardown(void **state) {
    (void)state;
    if (server.pid)
        redis_server_stop(&server);
    return 0;
}

int scratch_file_setup(void **state) {
    struct scratch *scratch = calloc(1, sizeof *scratch);
    assert_non_null(scratch);
    snprintf(scratch->path, sizeof scratch->path, "/tmp/quern-storage-XXXXXX");
    assert_non_null(mkdtemp(scratch->path));
    snprintf(scratch->url, sizeof scratch->url, "file:%s/store", scratch->path);
    *state = scratch;
    return 0;
}

int scratch_redis_setup(void **state) {
    scratch_file_setup(state);
    struct scratch *scratch = *state;
    scratch->on_redis = true;
    snprintf(scratch->url, sizeof scratch->url, "redis+unix:%s", scratch_server()->socket);
    free(redis_text(scratch_server(), "FLUSHALL"));
    return 0;
}

bool scratch_is_untouched(const struct scratch *scratch) {
    return scratch->on_redis ? redis_number(scratch_server(), "DBSIZE") == 0
                             : access(scratch_path(scratch, "store"), F_OK) < 0;
}

static int drop_entry(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status, (void)kind, (void)where;
    return remove(path);
}

int scratch_teardown(void **state) {
    struct scratch *scratch = *state;
    int left = nftw(scratch->path, drop_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(scratch);
    return left;
}

const char *scratch_path(const struct scratch *scratch, const char *name) {
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", scratch->path, name);
    return path;
}

size_t scratch_entries(const char *dir) {
    size_t count = 0;
    DIR *stream = opendir(dir);
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}

void scratch_file(const char *path, const char *text) {
    auto_file FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
}

static long long age_ms; // for one walk

static int age_entry(const char *path, const struct stat *status, int kind, struct FTW *where) {
    struct timespec times[2] = {status->st_mtim, status->st_mtim};
    (void)kind, (void)where;
    times[0].tv_sec = times[1].tv_sec -= age_ms / 1000;
    return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

static void age_index(const char *index, long long ms) {
    struct redis_server *redis = scratch_server();
    redisReply *members = redisCommand(redis->raw, "ZRANGE quern:store:{default}:%s 0 -1", index);
    assert_true(members && members->type == REDIS_REPLY_ARRAY);
    for (size_t i = 0; i < members->elements; i++)
        free(redis_text(redis, "ZINCRBY quern:store:{default}:%s %lld %s", index, -ms, members->element[i]->str));
    freeReplyObject(members);
}

void scratch_age(const struct scratch *scratch, long long ms) {
    age_ms = ms;
    if (!scratch->on_redis)
        assert_int_equal(nftw(scratch_path(scratch, "store"), age_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
    for (size_t i = 0; scratch->on_redis && i < 3; i++)
        age_index((const char *const[]){"objects", "uploads", "attempts"}[i], ms);
    if (scratch->on_redis && redis_number(scratch_server(), "HEXISTS quern:store:{default}:conf collected"))
        free(redis_text(scratch_server(), "HINCRBY quern:store:{default}:conf collected %lld", -ms));
}

static bool fd_holds(int fd, const char *text) {
    auto_free char *found = NULL;
    size_t bytes = 0;
    return memory_read(fd, "test", 1 << 24, &found, &bytes, NULL) == 0 && strcmp(found, text) == 0;
}

bool scratch_holds(const char *path, const char *text) {
    auto_fd int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && fd_holds(fd, text);
}

int scratch_source(const char *text) {
    int fd = memory_from("source", text, strlen(text), NULL);
    assert_true(fd >= 0);
    return fd;
}

struct storage *scratch_store(const struct scratch *scratch) {
    struct storage *storage = NULL;
    assert_int_equal(storage_open(scratch->url, &storage, NULL), 0);
    return storage;
}

void scratch_put(struct storage *storage, const char *text, char version[STORAGE_VERSION_BYTES]) {
    auto_fd int source = scratch_source(text);
    struct err err = {0};
    if (storage_put(storage, source, version, &err) < 0)
        fail_msg("%s", err.msg);
}

int scratch_get(struct storage *storage, const char *key, struct storage_object *ret, struct err *err) {
    struct catalogue *catalogue = NULL;
    assert_int_equal(catalogue_of_store(storage, &catalogue, NULL), 0);
    int got = catalogue_get(catalogue, key, NULL, ret, err);
    catalogue_close(catalogue);
    return got;
}

bool scratch_name_is(struct storage *storage, const char *key, const char *text) {
    struct storage_object object = {.fd = -1};
    struct err err = {0};
    if (scratch_get(storage, key, &object, &err) < 0) {
        if (err.reason != REASON_NOT_FOUND)
            fail_msg("%s", err.msg);
        return text == NULL;
    }
    auto_fd int fd = object.fd;
    return text && object.bytes == strlen(text) && fd_holds(fd, text);
}

void scratch_name(struct storage *storage, uint64_t fence, const char *key, const char *text) {
    char version[STORAGE_VERSION_BYTES];
    struct err err = {0};
    scratch_put(storage, text, version);
    if (storage_promote(storage, fence, &(struct storage_name){key, version}, 1, &err) != 0)
        fail_msg("%s", err.msg);
}

void fuse_burn(void *fuse) {
    if (--((struct fuse *)fuse)->left == 0)
        kill(getpid(), SIGKILL);
}

bool scratch_child(void (*work)(void *context), void *context) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        // A failed assertion must not make the child go on with the parent's tests.
        setenv("CMOCKA_TEST_ABORT", "1", 1);
        work(context);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
                (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    return WIFEXITED(status);
}
