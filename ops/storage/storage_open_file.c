// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "quern/own.h"
#include "quern/storage.h"

#define FILE_VERSION "file-"

static const char *kind_of(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a pipe";
    case S_IFSOCK:
        return "a socket";
    default:
        return "a device";
    }
}

// The change time tells of writes that kept size and modification time.
static void identity(const struct stat *status, char version[STORAGE_VERSION_BYTES]) {
    snprintf(version, STORAGE_VERSION_BYTES, FILE_VERSION "%llx-%llx-%llx-%llx.%08lx-%llx.%08lx",
             (unsigned long long)status->st_dev, (unsigned long long)status->st_ino,
             (unsigned long long)status->st_size, (unsigned long long)status->st_mtim.tv_sec,
             (unsigned long)status->st_mtim.tv_nsec, (unsigned long long)status->st_ctim.tv_sec,
             (unsigned long)status->st_ctim.tv_nsec);
}

int storage_open_file(const char *path, struct storage_object *ret, struct err *err) {
    // O_NONBLOCK: opening a pipe must not wait for its writer.
    auto_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(err, REASON_NOT_FOUND, "%s: no such file", path);
    if (fd < 0)
        return err_sys(err, errno == ENXIO || errno == EACCES ? REASON_BAD_INPUT : REASON_INFRA, "%s", path);
    struct stat status;
    if (fstat(fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "%s: fstat", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, REASON_BAD_INPUT, "%s: expected a file, found %s", path, kind_of(status.st_mode));
    struct storage_object object = {.fd = steal_fd(&fd), .bytes = (uint64_t)status.st_size};
    identity(&status, object.version);
    *ret = object;
    return 0;
}

int storage_check_unchanged(const struct storage_object *object, const char *name, struct err *err) {
    struct stat status;
    char version[STORAGE_VERSION_BYTES];
    if (strncmp(object->version, FILE_VERSION, sizeof FILE_VERSION - 1) != 0)
        return 0;
    if (fstat(object->fd, &status) < 0)
        return err_sys(err, REASON_INFRA, "%s: fstat", name);
    identity(&status, version);
    if (strcmp(version, object->version) != 0)
        return err_set(err, REASON_BAD_INPUT, "%s: the file was changed while it was being read", name);
    return 0;
}
