// SPDX-License-Identifier: Apache-2.0
// Room in a directory. Its disk is the host's: who finds it full waits until somebody made room, and no job is to blame.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "storage_file.h"
#include "temp.h"

enum { TRIED_BYTES = 64 << 10 };

static double mib(uint64_t bytes) { return (double)bytes / (1 << 20); }

// In the place of what could not be done: the directory, and what can be done about it.
static void tell_full(const struct storage_file *store, struct err *err) {
    int sys = err->sys;
    err_set(err, REASON_UNWRITABLE, "store: %.600s: %s; free space there, have the store collected, or move it",
            store->path, strerror(sys));
    err->sys = sys;
}

int storage_file_patiently(struct storage_file *store, storage_file_change_fn *change, void *context, struct err *err) {
    struct patience_wait wait = patience_begin(&store->patience, store->patience_ms);
    struct err fault = {0};
    do {
        int result = change(store, context, &fault);
        if (result >= 0)
            return result;
        if (fault.reason == REASON_UNWRITABLE)
            tell_full(store, &fault);
    } while (patience_again(&wait, &fault));
    if (err)
        *err = fault;
    return -1;
}

// Before the first byte: who waits for room takes none from others meanwhile. Where a file system promises nothing, writing
// tells.
int storage_file_reserve(int fd, uint64_t bytes, struct err *err) {
    if (bytes <= TRIED_BYTES || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) == 0)
        return 0;
    enum reason reason = temp_reason();
    return reason == REASON_INFRA ? 0 : err_sys(err, reason, "room for %.1f MiB", mib(bytes));
}

int storage_file_no_room(const struct storage_file *store, uint64_t bytes, struct err *err) {
    struct statvfs disk;
    if (err->reason != REASON_UNWRITABLE || fstatvfs(store->root, &disk) < 0 || disk.f_blocks == 0)
        return -1;
    uint64_t all = (uint64_t)disk.f_blocks * disk.f_frsize;
    if (bytes <= all)
        return -1;
    return err_set(err, REASON_LIMIT_DISK, "store: %.1f MiB are more than the disk of %.600s has in all, %.1f MiB",
                   mib(bytes), store->path, mib(all));
}

// What quotas and reserves leave to us is nowhere to be read.
static int try_file(struct storage_file *store, void *context, struct err *err) {
    char zeros[TRIED_BYTES] = {0};
    auto_temp struct temp temp = {.fd = -1};
    struct err fault;
    (void)context;
    int there = storage_file_root(store, false, err);
    if (there <= 0)
        return there;
    if (temp_open(store->root, 0600, store->named_temps, &temp, &fault) == 0 &&
        temp_write(temp.fd, zeros, sizeof zeros, &fault) == 0)
        return 0;
    errno = fault.sys;
    return err_sys(err, (enum reason)fault.reason, "store: %.600s", store->path);
}

int storage_file_check(struct storage *storage, struct err *err) {
    return storage_file_patiently((struct storage_file *)(void *)storage, try_file, NULL, err);
}
