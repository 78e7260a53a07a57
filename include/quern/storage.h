/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage and catalogue: immutable objects, and names that point at versions of them. schemas/storage.md tells what a
 * store keeps where.
 *
 *     find     a key → the version that it names now, and its size: no bytes are moved
 *     get      a version → a read-only descriptor and its size
 *     put      bytes → an immutable, durable object with a version, not yet named
 *     keep     a version that is about to be named anew: not collected for as long as one that was put now
 *     stage    put under an attempt: collected with it unless committed
 *     commit   the attempt's manifest, once: from then on its objects are kept
 *     promote  names → versions, all in one atomic step, fenced: where one name has a larger fence than this promotion
 *              nothing changes at all, and the call returns 1
 *     remove   names that are to point at nothing, in one atomic step under the same fence; their objects stay until they are
 *              collected
 *
 * Back ends: file:/abs/dir (a directory); redis://[USER@]HOST[:PORT][/DB], redis+unix:/PATH[?db=N] (a Redis, with
 * ?prefix=NAME for one of several stores in it). One table of schemes, the files of a back end by its name. A URL with
 * the scheme file: that is a plain file outside any store is opened by storage_open_file(); its version is its identity
 * (device, inode, size, times), so that a changed file is another version.
 *
 * Keys: 1 to 1024 bytes of UTF-8, parts of 1 to 255 bytes separated by '/', no part `.` or `..`, no control characters,
 * no leading or trailing '/', no ':' but in the prefix "job:".
 *
 * Ownership: descriptors and versions returned belong to the caller. Errors: REASON_NOT_FOUND names the key,
 * REASON_BAD_INPUT a key that is none, REASON_LIMIT_DISK what is larger than all the room that there is, UNWRITABLE a full disk
 * or Redis, REASON_INFRA; of a Redis, too: UNREACHABLE, DENIED, CONFIG.
 * A store is used by one thread at a time.
 */
#ifndef QUERN_STORAGE_H
#define QUERN_STORAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "quern/err.h"
#include "quern/patience.h"

#define STORAGE_KEY_BYTES 1025
#define STORAGE_VERSION_BYTES 128

/* The fence of somebody who holds no lease: each name keeps the fence that it has, and the last one wins. */
#define STORAGE_UNFENCED UINT64_MAX

struct storage; /* opaque */

struct storage_object {
    int fd; /* read-only; owned by who got it */
    uint64_t bytes;
    char version[STORAGE_VERSION_BYTES];
};

/* What a name points at. */
struct storage_pin {
    uint64_t bytes;
    char version[STORAGE_VERSION_BYTES];
};

struct storage_name {
    const char *key;     /* borrowed */
    const char *version; /* borrowed */
};

/* What may be named: UTF-8 without control characters, parts of 1 to 255 bytes between `/`, 1024 in all, none of them `.` or
 * `..`, no `:` but in the prefix `job:`, none of { } [ ] * ? % \. */
MUST_USE int storage_key_check(const char *key, struct err *err);
/* What a store may hold: the last rule is younger than some stores. Such a key is listed and can be removed. */
MUST_USE int storage_held_key_check(const char *key, struct err *err);

struct storage_options {
    const char *url;           /* NULL: the default store, a directory below XDG_DATA_HOME */
    const char *password;      /* of a Redis; from a file or a credential, never from a URL; NULL: none */
    const char *password_file; /* its first line, read for each connection; NULL or empty: `password` */
    uint32_t timeout_ms;       /* of a Redis that says nothing; 0: 30000 */
    uint32_t
        patience_ms; /* how long a call goes on trying while Redis, or a full disk, does not do it; 0: one attempt */
    struct patience patience;
};

/* Only the options are looked at: a directory is made when something is first put, a Redis called by the first call. */
MUST_USE int storage_open_with(const struct storage_options *options, struct storage **ret, struct err *err);
MUST_USE int storage_open(const char *url, struct storage **ret, struct err *err);
void storage_close(struct storage *storage);

/* Whether things can be put there now and will stay: 0, or what stands in the way, with the remedy. */
MUST_USE int storage_check(struct storage *storage, struct err *err);

MUST_USE int storage_find(struct storage *storage, const char *key, struct storage_pin *ret, struct err *err);

/* `key` is what errors call the object. catalogue_get() is what goes from a key to its bytes. */
MUST_USE int storage_get(struct storage *storage, const char *key, const char *version, struct storage_object *ret,
                         struct err *err);
MUST_USE int storage_get_version(struct storage *storage, const char *version, struct storage_object *ret,
                                 struct err *err);
/* REASON_NOT_FOUND names `key`, which is to point at the version. */
MUST_USE int storage_keep(struct storage *storage, const char *key, const char *version, uint64_t *ret_bytes,
                          struct err *err);
/* `kind`: enum object_kind (quern/object.h), which becomes the end of the version. */
MUST_USE int storage_put_as(struct storage *storage, uint32_t kind, int source_fd,
                            char ret_version[STORAGE_VERSION_BYTES], struct err *err);
MUST_USE int storage_put(struct storage *storage, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                         struct err *err);
MUST_USE int storage_stage(struct storage *storage, const char *attempt, int source_fd,
                           char ret_version[STORAGE_VERSION_BYTES], struct err *err);
MUST_USE int storage_commit(struct storage *storage, const char *attempt, const char *manifest, struct err *err);
MUST_USE int storage_promote(struct storage *storage, uint64_t fence, const struct storage_name *names, size_t count,
                             struct err *err);

/* REASON_NOT_FOUND names the first key that has no name; nothing changes then. A removed name remembers its fence. */
MUST_USE int storage_remove(struct storage *storage, uint64_t fence, const char *const *keys, size_t count,
                            struct err *err);

/* Calls `visit` for each name that starts with `prefix`, in order; a non-zero return ends the walk. */
struct storage_entry {
    const char *key, *version; /* borrowed for the call */
    uint64_t bytes;
    int64_t changed_s; /* when the name changed last, Unix time */
};

typedef int storage_visit_fn(void *context, const struct storage_entry *entry);
MUST_USE int storage_names(struct storage *storage, const char *prefix, storage_visit_fn *visit, void *context,
                           struct err *err);

/* ---- room ---- */

struct storage_usage {
    uint64_t used_bytes;   /* of objects and of what is being put */
    uint64_t budget_bytes; /* 0: none but the disk's, or Redis's own */
};

MUST_USE int storage_usage(struct storage *storage, struct storage_usage *ret, struct err *err);
/* For all who use this store: puts wait for room (UNWRITABLE), or are larger than all of it (LIMIT_DISK). REASON_CONFIG: a
 * directory has none. */
MUST_USE int storage_set_budget(struct storage *storage, uint64_t bytes, struct err *err);

/* Homes: queues whose names and jobs point into this store ([A-Za-z0-9_.-]{1,128}). The store knows them so that nobody
 * collects without having asked them all. */
MUST_USE int storage_add_home(struct storage *storage, const char *home, struct err *err);
MUST_USE int storage_drop_home(struct storage *storage, const char *home, struct err *err);
/* A visitor's -1 is passed on. */
typedef int storage_want_fn(void *set, const char *text);
MUST_USE int storage_homes(struct storage *storage, storage_want_fn *visit, void *context, struct err *err);

/* Collection: what was begun and not ended, and objects that no name, no committed or young attempt, no reader and nobody
 * outside wants; all only when nobody has touched it for age_ms. Put, stage, keep, get (of a Redis), and a name that
 * comes to it or leaves it touch an object. So whoever names a version outside the store calls storage_keep() first, and
 * names it within that age. */
#define STORAGE_MIN_AGE_MS 120000u

struct storage_collect {
    uint64_t age_ms; /* at least STORAGE_MIN_AGE_MS; hours, as a rule */
    uint64_t budget; /* at most so many objects; where the count reaches it there may be more */
    /* Calls want(set, version) for each version that somebody outside the store wants, and passes on what that returns;
     * NULL: there is nobody. */
    int (*wanted)(void *context, storage_want_fn *want, void *set, struct err *err);
    void *context;
    const char *const
        *homes; /* whom `wanted` speaks for; REASON_CONFIG names one that the store knows and this does not */
    size_t home_count;
};

struct storage_collected {
    uint64_t objects, attempts; /* attempts: and puts that were begun and not ended */
    uint64_t bytes;
};

/* Of all who collect this store by themselves one does, about every so often: *ret is true when nobody has taken the turn
 * for that long, and the caller has it now. Who collects because somebody told him to asks nobody. */
MUST_USE int storage_collect_turn(struct storage *storage, uint64_t every_ms, bool *ret, struct err *err);

MUST_USE int storage_collect(struct storage *storage, const struct storage_collect *rules,
                             struct storage_collected *ret, struct err *err);

/* A plain file: REASON_BAD_INPUT for a directory or device; REASON_NOT_FOUND when there is none. */
MUST_USE int storage_open_file(const char *path, struct storage_object *ret, struct err *err);

/* After reading: REASON_BAD_INPUT naming `name` if a plain file was changed since it was opened. Objects of a store never
 * are. */
MUST_USE int storage_check_unchanged(const struct storage_object *object, const char *name, struct err *err);

/* ---- a directory of the user's that receives a job's outputs (`run -o DIR`) ---- */

struct storage_drop; /* opaque: files that appear together at the end, or never */

MUST_USE int storage_drop_open(const char *dir, struct storage_drop **ret, struct err *err); /* creates the directory */
/* `file_name` may be a path below: its directories are made when the drop is committed. */
MUST_USE int storage_drop_add(struct storage_drop *drop, const char *file_name, int source_fd, struct err *err);
/* An empty file of the drop, to be filled through the descriptor, which is borrowed and lives until the commit. */
MUST_USE int storage_drop_file(struct storage_drop *drop, const char *file_name, int *ret_fd, struct err *err);
/* The file that was added last could not be filled, for *fault: it is none of the drop any more. Always -1, with its name in
 * front of that. */
int storage_drop_undo(struct storage_drop *drop, const struct err *fault, struct err *err);
/* Makes all files visible, replacing old ones, the one named last at the end; removes `stale` names of earlier runs. */
MUST_USE int storage_drop_commit(struct storage_drop *drop, const char *const *stale, struct err *err);
void storage_drop_close(struct storage_drop *drop); /* without commit: nothing was written */

/* Whether a drop of files with these names would find its place in `dir`, which need not exist. By trying: a file is made
 * and vanishes. REASON_BAD_INPUT names what is in the way. */
MUST_USE int storage_drop_check(const char *dir, const char *const *names, struct err *err);

#endif
