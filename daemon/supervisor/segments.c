// SPDX-License-Identifier: Apache-2.0
#include "segments.h"

#include <string.h>
#include <unistd.h>

#include "quern/memory.h"
#include "quern/own.h"
#include "quern/segment.h"

static uint64_t bit(uint32_t holder) { return UINT64_C(1) << holder; }

void segments_init(struct segments *segments, uint64_t budget_bytes) {
    memset(segments, 0, sizeof *segments);
    segments->budget_bytes = budget_bytes;
    segments->free_bytes = UINT64_MAX;
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        segments->entries[i].fd = -1;
}

static void entry_empty(struct segments *segments, struct segment_entry *entry) {
    if (entry->fd >= 0)
        close(entry->fd);
    entry->fd = -1;
    segments->used_bytes -= entry->bytes;
    entry->bytes = 0;
}

static void entry_forget(struct segments *segments, struct segment_entry *entry) {
    entry_empty(segments, entry);
    *entry = (struct segment_entry){.fd = -1};
}

void segments_done(struct segments *segments) {
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        if (segments->entries[i].key.text[0])
            entry_forget(segments, &segments->entries[i]);
}

static struct segment_entry *find(struct segments *segments, const struct supervisor_key *key) {
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        if (strcmp(segments->entries[i].key.text, key->text) == 0)
            return &segments->entries[i];
    return NULL;
}

static struct segment_entry *longest_unused(struct segments *segments) {
    struct segment_entry *oldest = NULL;
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++) {
        struct segment_entry *entry = &segments->entries[i];
        if (entry->ready && !entry->pins && (!oldest || entry->used_at < oldest->used_at))
            oldest = entry;
    }
    return oldest;
}

// What could be had if `spare` bytes of those in use were given up.
static uint64_t room(const struct segments *segments, uint64_t spare) {
    uint64_t used = segments->used_bytes - spare, memory;
    uint64_t budget = segments->budget_bytes > used ? segments->budget_bytes - used : 0;
    if (__builtin_add_overflow(segments->free_bytes, spare, &memory))
        memory = UINT64_MAX;
    return budget < memory ? budget : memory;
}

uint64_t segments_available(const struct segments *segments) {
    uint64_t unpinned = 0;
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        if (segments->entries[i].ready && !segments->entries[i].pins)
            unpinned += segments->entries[i].bytes;
    return room(segments, unpinned);
}

static bool belongs(const struct segment_entry *entry, uint32_t holder) {
    return entry->ready ? entry->pins & bit(holder) : entry->loader == holder;
}

uint64_t segments_most(const struct segments *segments, uint32_t holder) {
    uint64_t foreign = 0;
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        if (!belongs(&segments->entries[i], holder))
            foreign += segments->entries[i].bytes;
    return room(segments, foreign);
}

bool segments_pins(const struct segments *segments, uint32_t holder) {
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        if (segments->entries[i].pins & bit(holder))
            return true;
    return false;
}

bool segments_waits(const struct segments *segments, uint32_t holder) {
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        if (segments->entries[i].waiters & bit(holder))
            return true;
    return false;
}

static void forget(struct segments *segments, struct segment_entry *entry) {
    if (__builtin_add_overflow(segments->free_bytes, entry->bytes, &segments->free_bytes))
        segments->free_bytes = UINT64_MAX;
    entry_forget(segments, entry);
}

static int check_fits(uint64_t bytes, uint64_t available, struct err *err) {
    if (bytes <= available)
        return 0;
    return err_set(err, REASON_LIMIT_MEMORY, "a dataset needs %llu bytes of memory, this host has %llu available",
                   (unsigned long long)bytes, (unsigned long long)available);
}

// As much as nobody pins.
static void make_room(struct segments *segments, uint64_t bytes) {
    struct segment_entry *oldest;
    while (bytes > room(segments, 0) && (oldest = longest_unused(segments)))
        forget(segments, oldest);
}

static struct segment_entry *new_entry(struct segments *segments, const struct supervisor_key *key) {
    static const struct supervisor_key none = {""};
    struct segment_entry *entry = find(segments, &none);
    if (!entry) {
        struct segment_entry *oldest = longest_unused(segments);
        if (!oldest)
            return NULL;
        entry_forget(segments, oldest);
        entry = oldest;
    }
    entry->key = *key;
    entry->used_at = ++segments->uses;
    return entry;
}

static int key_check(uint32_t holder, const struct supervisor_key *key, struct err *err) {
    if (holder >= SEGMENTS_HOLDERS || !key->text[0] || !memchr(key->text, 0, sizeof key->text))
        return err_set(err, REASON_BUG, "a segment's key or holder is out of range");
    return 0;
}

int segments_reserve(struct segments *segments, uint32_t holder, const struct supervisor_key *key,
                     enum supervisor_segment_state *ret_state, int *ret_fd, struct err *err) {
    TRY(key_check(holder, key, err));
    struct segment_entry *entry = find(segments, key);
    if (!entry) {
        entry = new_entry(segments, key);
        if (!entry)
            return err_set(err, REASON_INFRA, "all %u places for segments are in use", SEGMENTS_MAX);
        entry->loader = holder;
        *ret_state = SUPERVISOR_LOAD;
        return 0;
    }
    entry->used_at = ++segments->uses;
    if (!entry->ready) {
        entry->waiters |= bit(holder);
        *ret_state = SUPERVISOR_WAIT;
        return 0;
    }
    entry->pins |= bit(holder);
    segments->hits++;
    *ret_state = SUPERVISOR_HIT;
    *ret_fd = entry->fd;
    return 0;
}

static int find_loading(struct segments *segments, uint32_t holder, const struct supervisor_key *key,
                        struct segment_entry **ret, struct err *err) {
    TRY(key_check(holder, key, err));
    struct segment_entry *entry = find(segments, key);
    if (!entry || entry->ready || entry->loader != holder)
        return err_set(err, REASON_BUG, "segment %s is not being loaded by worker %u", key->text, holder);
    *ret = entry;
    return 0;
}

int segments_grant(struct segments *segments, uint32_t holder, const struct supervisor_key *key, uint64_t bytes,
                   int *ret_fd, struct err *err) {
    struct segment_entry *entry = NULL;
    TRY(find_loading(segments, holder, key, &entry, err));
    entry_empty(segments, entry); // the decoder is tried a second time
    TRY(check_fits(bytes, segments_available(segments), err));
    make_room(segments, bytes);
    int fd = memory_new("quern-segment", bytes, err);
    TRY(fd);
    entry->fd = fd;
    entry->bytes = bytes;
    segments->used_bytes += bytes;
    *ret_fd = fd;
    return 0;
}

int segments_publish(struct segments *segments, uint32_t holder, const struct supervisor_key *key, int foreign_fd,
                     int *ret_fd, uint64_t *ret_waiters, struct err *err) {
    auto_fd int fd = foreign_fd;
    struct segment_entry *entry = NULL;
    TRY(find_loading(segments, holder, key, &entry, err));
    int sealed = fd >= 0 ? fd : entry->fd;
    uint64_t bytes = 0;
    TRY(memory_check(sealed, SEGMENT_MAX_BYTES, &bytes, err));
    auto_fd int readable = memory_reopen(sealed, err);
    TRY(readable);
    entry_empty(segments, entry);
    // Its memory is in use already, whatever we say: only what can never fit is refused.
    TRY(check_fits(bytes, segments_most(segments, holder), err));
    make_room(segments, bytes);
    entry->fd = steal_fd(&readable);
    entry->bytes = bytes;
    segments->used_bytes += bytes;
    entry->ready = true;
    entry->pins = entry->waiters | bit(holder);
    *ret_waiters = entry->waiters;
    entry->waiters = 0;
    *ret_fd = entry->fd;
    return 0;
}

int segments_abandon(struct segments *segments, uint32_t holder, const struct supervisor_key *key, uint32_t *ret_next,
                     struct err *err) {
    struct segment_entry *entry = NULL;
    TRY(find_loading(segments, holder, key, &entry, err));
    uint64_t waiters = entry->waiters & ~bit(holder);
    if (!waiters) {
        entry_forget(segments, entry);
        *ret_next = UINT32_MAX;
        return 0;
    }
    uint32_t next = (uint32_t)__builtin_ctzll(waiters);
    entry_empty(segments, entry);
    entry->loader = next;
    entry->waiters = waiters & ~bit(next);
    *ret_next = next;
    return 0;
}

static int publish_kept(struct segments *segments, uint32_t holder, const struct supervisor_key *key, int foreign_fd,
                        struct err *err) {
    auto_fd int fd = foreign_fd;
    uint64_t bytes = 0, waiters = 0;
    int readable = -1;
    TRY(memory_check(fd, SEGMENT_MAX_BYTES, &bytes, err));
    TRY(check_fits(bytes, segments_available(segments), err)); // nobody needs it yet
    return segments_publish(segments, holder, key, steal_fd(&fd), &readable, &waiters, err);
}

int segments_keep(struct segments *segments, uint32_t holder, const struct supervisor_key *key, int foreign_fd,
                  struct err *err) {
    auto_fd int fd = foreign_fd;
    enum supervisor_segment_state state;
    int readable = -1;
    TRY(key_check(holder, key, err));
    if (find(segments, key)) // it is there, or somebody loads it
        return 0;
    TRY(segments_reserve(segments, holder, key, &state, &readable, err));
    if (publish_kept(segments, holder, key, steal_fd(&fd), err) == 0)
        return 0;
    struct segment_entry *entry = find(segments, key);
    if (entry)
        entry_forget(segments, entry);
    return -1;
}

void segments_release(struct segments *segments, uint32_t holder) {
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++) {
        segments->entries[i].pins &= ~bit(holder);
        segments->entries[i].waiters &= ~bit(holder);
    }
}

const struct supervisor_key *segments_loading(const struct segments *segments, uint32_t holder) {
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++) {
        const struct segment_entry *entry = &segments->entries[i];
        if (entry->key.text[0] && !entry->ready && entry->loader == holder)
            return &entry->key;
    }
    return NULL;
}
