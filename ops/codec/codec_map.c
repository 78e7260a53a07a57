// SPDX-License-Identifier: Apache-2.0
#include "codec_map.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "quern/memory.h"
#include "quern/record.h"
#include "quern/segment.h"

struct watched {
    const char *begin, *end;
    struct codec_reply reply;
};

// A signal handler knows only what is global; a child serves one request, and so there is one of each.
static struct {
    int socket;
    struct watched blob, grant;
} bus;

static bool is_within(const struct watched *watched, const void *address) {
    const char *at = address;
    return at >= watched->begin && at < watched->end;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
    const struct watched *hit = is_within(&bus.blob, info->si_addr)    ? &bus.blob
                                : is_within(&bus.grant, info->si_addr) ? &bus.grant
                                                                       : NULL;
    (void)context;
    if (!hit) {
        // Not ours: the instruction runs again and the default action ends the process.
        signal(number, SIG_DFL);
        return;
    }
    // A failed send changes nothing: the process ends either way.
    int sent = record_send(bus.socket, &hit->reply, sizeof hit->reply, NULL, 0, NULL);
    _exit(sent < 0 ? 1 : 0);
}

int codec_map_watch(const struct codec_child *child, struct err *err) {
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};
    bus.socket = child->reply;
    bus.blob.reply.kind = CODEC_FAILED;
    bus.grant.reply.kind = CODEC_FAILED;
    err_set(&bus.blob.reply.err, REASON_BAD_INPUT, "the file changed while it was being read");
    err_set(&bus.grant.reply.err, REASON_INFRA, "the machine has no memory left for the segment");
    if (sigaction(SIGBUS, &action, NULL) < 0)
        return err_sys(err, REASON_INFRA, "sigaction");
    return 0;
}

static const char *file_type(mode_t mode) {
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a pipe";
    if (S_ISSOCK(mode))
        return "a socket";
    return S_ISCHR(mode) || S_ISBLK(mode) ? "a device" : "something else";
}

static void watch(struct watched *watched, const struct codec_map *map) {
    watched->begin = map->bytes;
    watched->end = watched->begin + map->count;
}

// An empty file cannot be mapped, but it can be refused by whoever reads it.
static int map_file(int fd, int protection, int flags, struct codec_map *map, struct err *err) {
    static char nothing[1];
    map->count = (size_t)map->status.st_size;
    map->bytes = nothing;
    if (map->count == 0)
        return 0;
    map->bytes = mmap(NULL, map->count, protection, flags, fd, 0);
    if (map->bytes == MAP_FAILED)
        return err_sys(err, REASON_INFRA, "mapping %zu bytes", map->count);
    return 0;
}

int codec_map_blob(int fd, struct codec_map *ret, struct err *err) {
    struct codec_map map = {0};
    if (fstat(fd, &map.status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of a dataset");
    if (!S_ISREG(map.status.st_mode))
        return err_set(err, REASON_BAD_INPUT, "expected a regular file, found %s", file_type(map.status.st_mode));
    TRY(map_file(fd, PROT_READ, MAP_PRIVATE, &map, err));
    watch(&bus.blob, &map);
    *ret = map;
    return 0;
}

int codec_map_grant(int fd, uint64_t bytes, struct codec_map *ret, struct err *err) {
    struct codec_map map = {0};
    if (fstat(fd, &map.status) < 0)
        return err_sys(err, REASON_INFRA, "fstat of the granted memory");
    if (!S_ISREG(map.status.st_mode) || (uint64_t)map.status.st_size != bytes)
        return err_set(err, REASON_INFRA, "the granted memory has %lld bytes, expected a memory file of %llu",
                       (long long)map.status.st_size, (unsigned long long)bytes);
    TRY(map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED, &map, err));
    watch(&bus.grant, &map);
    *ret = map;
    return 0;
}

static int check_ceilings(const struct codec_ceilings *ceilings, const struct segment_header *header, struct err *err) {
    if (header->rows > ceilings->rows)
        return err_set(err, REASON_LIMIT_OUTPUT, "%llu rows are more than the limit of %llu",
                       (unsigned long long)header->rows, (unsigned long long)ceilings->rows);
    if (header->columns > ceilings->columns)
        return err_set(err, REASON_LIMIT_OUTPUT, "%u columns are more than the limit of %u", header->columns,
                       ceilings->columns);
    return 0;
}

int codec_map_segment(const struct codec_child *child, int fd, struct codec_map *ret, struct err *err) {
    struct codec_map map = {0};
    uint64_t bytes;
    TRY(memory_check(fd, child->request.ceilings.bytes, &bytes, err));
    map.status.st_size = (off_t)bytes;
    TRY(map_file(fd, PROT_READ, MAP_PRIVATE, &map, err));
    bool checked = child->request.checked && child->request.op != CODEC_CHECK;
    TRY((checked ? segment_check_layout : segment_check)(map.bytes, map.count, err));
    TRY(check_ceilings(&child->request.ceilings, segment_header(map.bytes), err));
    *ret = map;
    return 0;
}

void codec_unmap(struct codec_map *map) {
    if (map->count > 0)
        munmap(map->bytes, map->count);
    *map = (struct codec_map){0};
}
