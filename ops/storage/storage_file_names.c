// SPDX-License-Identifier: Apache-2.0
// Names of the back end file:. One file per name; what several names become at once stands in a journal first, from
// whose appearance on everybody reads the new versions, whether or not the files have followed.
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <jansson.h>

#include "quern/own.h"
#include "storage_file.h"
#include "temp.h"

#define JOURNAL "promote.json"
#define LEAF ":name" // no part of a key can be called so: keys have no colon there

// A name that was removed is a record without a version: its fence outlives it.
struct record {
    const char *key, *version; // borrowed from the JSON; "": removed
    uint64_t bytes, fence;
};

static struct storage_file *own(struct storage *storage) { return (struct storage_file *)(void *)storage; }

/* ---- records ---- */

static int damaged(const struct storage_file *store, const char *path, struct err *err) {
    err_set(err, REASON_INFRA, "store: %s/%s is damaged: expected a name's record", store->path, path);
    return -1;
}

static int record_of(const struct storage_file *store, const char *path, json_t *json, struct record *ret,
                     struct err *err) {
    json_int_t bytes = 0, fence = 0;
    struct record record = {0};
    if (json_unpack(json, "{s:s,s:s,s:I,s:I}", "key", &record.key, "version", &record.version, "bytes", &bytes, "fence",
                    &fence) < 0 ||
        !record.key || !record.version || storage_held_key_check(record.key, NULL) < 0 ||
        strlen(record.version) >= STORAGE_VERSION_BYTES || bytes < 0 || fence < 0)
        return damaged(store, path, err);
    record.bytes = (uint64_t)bytes;
    record.fence = (uint64_t)fence;
    *ret = record;
    return 0;
}

static json_t *record_json(const struct record *record) {
    return json_pack("{s:s,s:s,s:I,s:I}", "key", record->key, "version", record->version, "bytes",
                     (json_int_t)record->bytes, "fence", (json_int_t)record->fence);
}

// A JSON file of the store: 1, or 0 when there is none.
static int load(const struct storage_file *store, const char *path, json_t **ret, struct err *err) {
    auto_free char *text = NULL;
    size_t bytes = 0;
    int there = storage_file_read(store, path, &text, &bytes, err);
    if (there <= 0)
        return there;
    *ret = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
    return *ret ? 1 : damaged(store, path, err);
}

static int save(const struct storage_file *store, int dir, const char *name, const json_t *json, bool replace,
                struct err *err) {
    auto_free char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    if (!text)
        return err_set(err, REASON_INFRA, "store: out of memory for a name");
    return storage_file_write(store, dir, name, text, replace, err);
}

/* ---- reading one name ---- */

static void leaf_path(const char *key, char path[STORAGE_KEY_BYTES + 16]) {
    snprintf(path, STORAGE_KEY_BYTES + 16, "names/%s/" LEAF, key);
}

static int in_journal(const struct storage_file *store, json_t *journal, const char *key, struct record *ret,
                      struct err *err) {
    for (size_t i = 0; i < json_array_size(journal); i++) {
        TRY(record_of(store, JOURNAL, json_array_get(journal, i), ret, err));
        if (strcmp(ret->key, key) == 0)
            return 1;
    }
    return 0;
}

static int in_file(const struct storage_file *store, const char *key, json_t **ret_json, struct record *ret,
                   struct err *err) {
    char path[STORAGE_KEY_BYTES + 16];
    leaf_path(key, path);
    int there = load(store, path, ret_json, err);
    if (there <= 0)
        return there;
    TRY(record_of(store, path, *ret_json, ret, err));
    return strcmp(ret->key, key) == 0 ? 1 : damaged(store, path, err);
}

// The journal comes first: when it is gone meanwhile, the files are as new as it was.
int storage_file_find(struct storage *storage, const char *key, struct storage_pin *ret, struct err *err) {
    struct storage_file *store = own(storage);
    json_auto_t *journal = NULL, *file = NULL;
    struct record record = {0};
    int found = storage_file_root(store, false, err);
    if (found <= 0)
        return found;
    found = load(store, JOURNAL, &journal, err);
    if (found > 0)
        found = in_journal(store, journal, key, &record, err);
    if (found == 0)
        found = in_file(store, key, &file, &record, err);
    if (found <= 0 || !*record.version)
        return found < 0 ? -1 : 0;
    struct storage_pin pin = {.bytes = record.bytes};
    snprintf(pin.version, sizeof pin.version, "%s", record.version);
    *ret = pin;
    return 1;
}

/* ---- changing names ---- */

int storage_file_lock(const struct storage_file *store, struct err *err) {
    auto_fd int fd = openat(store->root, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_sys(err, temp_reason(), "store: opening the lock of %s", store->path);
    while (flock(fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return err_sys(err, REASON_INFRA, "store: locking %s", store->path);
    return steal_fd(&fd);
}

static int apply(struct storage_file *store, json_t *journal, struct err *err) {
    for (size_t i = 0; i < json_array_size(journal); i++) {
        struct record record = {0};
        char path[STORAGE_KEY_BYTES + 16];
        TRY(record_of(store, JOURNAL, json_array_get(journal, i), &record, err));
        snprintf(path, sizeof path, "names/%s", record.key);
        auto_fd int dir = storage_file_dir(store, path, err);
        TRY(dir);
        storage_file_reach(store);
        TRY(save(store, dir, LEAF, json_array_get(journal, i), true, err));
    }
    storage_file_reach(store);
    if (unlinkat(store->root, JOURNAL, 0) < 0)
        return err_sys(err, REASON_INFRA, "store: removing %s/" JOURNAL, store->path);
    storage_file_reach(store);
    return temp_sync(store->root, "the store", err);
}

// What a promotion that died has left, under the lock.
static int recover(struct storage_file *store, struct err *err) {
    json_auto_t *journal = NULL;
    int there = load(store, JOURNAL, &journal, err);
    return there > 0 ? apply(store, journal, err) : there;
}

// 1 when the name is at a later fence already.
static int add_record(struct storage_file *store, uint64_t fence, const struct storage_name *name, json_t *journal,
                      struct err *err) {
    json_auto_t *file = NULL;
    struct record before = {0};
    int found = in_file(store, name->key, &file, &before, err);
    TRY(found);
    if (found && fence != STORAGE_UNFENCED && before.fence > fence)
        return 1;
    struct record record = {.key = name->key, .version = "", .fence = fence == STORAGE_UNFENCED ? before.fence : fence};
    if (!name->version && (!found || !*before.version))
        return storage_no_key(name->key, err);
    // Whoever knew the old version by this name has time to get it.
    if (found && *before.version)
        (void)!storage_file_keep(store, before.version, &record.bytes, NULL);
    record.bytes = 0;
    if (name->version) {
        int kept = storage_file_keep(store, name->version, &record.bytes, err);
        TRY(kept);
        if (kept == 0)
            return storage_no_version(name->key, name->version, err);
        record.version = name->version;
    }
    if (json_array_append_new(journal, record_json(&record)) < 0)
        return err_set(err, REASON_INFRA, "store: out of memory for a name");
    return 0;
}

struct promotion {
    uint64_t fence;
    const struct storage_name *names;
    size_t count;
};

static int promote(struct storage_file *store, void *context, struct err *err) {
    const struct promotion *promotion = context;
    const struct storage_name *names = promotion->names;
    int there = storage_file_root(store, names[0].version != NULL, err);
    TRY(there);
    if (!there)
        return storage_no_key(names[0].key, err);
    auto_fd int held = storage_file_lock(store, err);
    TRY(held);
    TRY(recover(store, err));
    json_auto_t *journal = json_array();
    for (size_t i = 0; i < promotion->count; i++) {
        int later = add_record(store, promotion->fence, &names[i], journal, err);
        if (later != 0)
            return later;
    }
    storage_file_reach(store);
    if (save(store, store->root, JOURNAL, journal, false, err) < 0) {
        unlinkat(store->root, JOURNAL, 0);
        return -1;
    }
    storage_file_reach(store);
    // The names are changed: files that cannot be written now, on a full disk, follow when the next promotion recovers.
    (void)!apply(store, journal, NULL);
    return 0;
}

int storage_file_promote(struct storage *storage, uint64_t fence, const struct storage_name *names, size_t count,
                         struct err *err) {
    return storage_file_patiently(own(storage), promote, &(struct promotion){fence, names, count}, err);
}

/* ---- listing names ---- */

struct entry {
    char *key; // owned
    char version[STORAGE_VERSION_BYTES];
    uint64_t bytes;
    int64_t changed_s;
};

struct listing {
    struct entry *entries; // owned
    size_t count, room;
};

static void listing_free(struct listing *listing) {
    for (size_t i = 0; i < listing->count; i++)
        free(listing->entries[i].key);
    free(listing->entries);
}

static void close_tree(FTS **tree) {
    if (*tree)
        fts_close(*tree);
}

static int listing_add(struct listing *listing, const struct record *record, int64_t changed_s, struct err *err) {
    if (listing->count == listing->room) {
        size_t room = listing->room ? listing->room * 2 : 64;
        struct entry *grown = reallocarray(listing->entries, room, sizeof *grown);
        if (!grown)
            return err_set(err, REASON_INFRA, "store: out of memory for %zu names", room);
        listing->entries = grown;
        listing->room = room;
    }
    struct entry *entry = &listing->entries[listing->count];
    entry->key = strdup(record->key);
    if (!entry->key)
        return err_set(err, REASON_INFRA, "store: out of memory for a name");
    snprintf(entry->version, sizeof entry->version, "%s", record->version);
    entry->bytes = record->bytes;
    entry->changed_s = changed_s;
    listing->count++;
    return 0;
}

static int take_leaf(const struct storage_file *store, const char *key, const char *prefix, int64_t changed_s,
                     struct listing *listing, struct err *err) {
    json_auto_t *file = NULL;
    struct record record = {0};
    if (strncmp(key, prefix, strlen(prefix)) != 0)
        return 0;
    int found = in_file(store, key, &file, &record, err);
    return found > 0 && *record.version ? listing_add(listing, &record, changed_s, err) : found;
}

// Only the directory that the prefix names is walked. A prefix that no key can have has no names.
static int walk(const struct storage_file *store, const char *prefix, struct listing *listing, struct err *err) {
    char start[STORAGE_KEY_BYTES + 64], base[40];
    const char *slash = strrchr(prefix, '/');
    snprintf(base, sizeof base, "/proc/self/fd/%d/names", store->root);
    snprintf(start, sizeof start, "%s%s%.*s", base, slash ? "/" : "", slash ? (int)(slash - prefix) : 0, prefix);
    if (strnlen(prefix, STORAGE_KEY_BYTES) == STORAGE_KEY_BYTES ||
        (slash && storage_held_key_check(start + strlen(base) + 1, NULL) < 0))
        return 0;
    char *const roots[] = {start, NULL};
    __attribute__((cleanup(close_tree))) FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (!tree)
        return err_sys(err, REASON_INFRA, "store: listing %s", store->path);
    for (FTSENT *entry; (errno = 0, entry = fts_read(tree));) {
        if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
            errno = entry->fts_errno;
            break;
        }
        if (entry->fts_info != FTS_F || strcmp(entry->fts_name, LEAF) != 0)
            continue;
        size_t skip = strlen(base) + 1, tail = strlen(LEAF) + 1;
        if (entry->fts_pathlen <= skip + tail || entry->fts_pathlen - skip - tail >= STORAGE_KEY_BYTES)
            continue;
        char key[STORAGE_KEY_BYTES];
        snprintf(key, sizeof key, "%.*s", (int)(entry->fts_pathlen - skip - tail), entry->fts_path + skip);
        TRY(take_leaf(store, key, prefix, entry->fts_statp->st_mtim.tv_sec, listing, err));
    }
    return errno ? err_sys(err, REASON_INFRA, "store: listing %s", store->path) : 0;
}

// One moment of all names, until the lock is given back.
static int hold(struct storage_file *store, void *context, struct err *err) {
    auto_fd int held = storage_file_lock(store, err);
    TRY(held);
    TRY(recover(store, err));
    *(int *)context = steal_fd(&held);
    return 0;
}

static int by_key(const void *a, const void *b) {
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

int storage_file_names(struct storage *storage, const char *prefix, storage_visit_fn *visit, void *context,
                       struct err *err) {
    struct storage_file *store = own(storage);
    __attribute__((cleanup(listing_free))) struct listing listing = {0};
    auto_fd int held = -1;
    int there = storage_file_root(store, false, err);
    if (there <= 0)
        return there;
    TRY(storage_file_patiently(store, hold, &held, err));
    TRY(walk(store, prefix, &listing, err));
    // A visitor may take its time, and use the store.
    close(steal_fd(&held));
    if (listing.count)
        qsort(listing.entries, listing.count, sizeof *listing.entries, by_key);
    for (size_t i = 0; i < listing.count; i++) {
        const struct entry *entry = &listing.entries[i];
        const struct storage_entry told = {entry->key, entry->version, entry->bytes, entry->changed_s};
        if (visit(context, &told))
            return 0;
    }
    return 0;
}
