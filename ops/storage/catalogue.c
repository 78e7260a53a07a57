// SPDX-License-Identifier: Apache-2.0
#include "quern/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "catalogue_home.h"
#include "quern/object.h"

void catalogue_close(struct catalogue *catalogue) { free(catalogue); }

static int join(struct catalogue *catalogue, struct err *err) {
    return catalogue->home->join ? catalogue->home->join(catalogue, err) : 0;
}

struct storage *catalogue_storage(const struct catalogue *catalogue) {
    return catalogue->storage;
}

int catalogue_put_as(struct catalogue *catalogue, uint32_t kind, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                     struct err *err) {
    TRY(join(catalogue, err));
    return storage_put_as(catalogue->storage, kind, source_fd, ret_version, err);
}

int catalogue_put(struct catalogue *catalogue, int source_fd, char ret_version[STORAGE_VERSION_BYTES],
                  struct err *err) {
    return catalogue_put_as(catalogue, OBJECT_DATASET, source_fd, ret_version, err);
}

int catalogue_find(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err) {
    TRY(storage_key_check(key, err));
    int found = catalogue->home->find(catalogue, key, ret, err);
    TRY(found);
    return found ? 0 : storage_no_key(key, err);
}

// A version that is collected between the two questions was replaced or removed meanwhile: the name is asked again, and
// only an object that is missing while its name stands is an error.
typedef int reach_fn(struct catalogue *catalogue, const char *key, const struct storage_pin *pin,
                     struct storage_object *ret, struct err *err);

static int follow(struct catalogue *catalogue, const char *key, reach_fn *reach, struct storage_pin *ret_pin,
                  struct storage_object *ret, struct err *err) {
    char last[STORAGE_VERSION_BYTES] = "";
    for (;;) {
        struct storage_pin pin;
        struct err fault = {0};
        TRY(catalogue_find(catalogue, key, &pin, err));
        if (reach(catalogue, key, &pin, ret, &fault) == 0) {
            *ret_pin = pin;
            return 0;
        }
        if (fault.reason != REASON_NOT_FOUND || strcmp(pin.version, last) == 0) {
            if (err)
                *err = fault;
            return -1;
        }
        memcpy(last, pin.version, sizeof last);
    }
}

static int reach_bytes(struct catalogue *catalogue, const char *key, const struct storage_pin *pin,
                       struct storage_object *ret, struct err *err) {
    return storage_get(catalogue->storage, key, pin->version, ret, err);
}

static int reach_object(struct catalogue *catalogue, const char *key, const struct storage_pin *pin,
                        struct storage_object *ret, struct err *err) {
    uint64_t bytes;
    (void)ret;
    return storage_keep(catalogue->storage, key, pin->version, &bytes, err);
}

int catalogue_pin(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err) {
    struct storage_object none;
    TRY(join(catalogue, err));
    return follow(catalogue, key, reach_object, ret, &none, err);
}

int catalogue_get(struct catalogue *catalogue, const char *key, const char *version, struct storage_object *ret,
                  struct err *err) {
    struct storage_pin pin;
    if (version)
        return storage_get(catalogue->storage, key, version, ret, err);
    return follow(catalogue, key, reach_bytes, &pin, ret, err);
}

int catalogue_promote(struct catalogue *catalogue, const struct storage_name *names, size_t count, struct err *err) {
    TRY(storage_names_check("promote", names, count, err));
    TRY(join(catalogue, err));
    return count ? catalogue->home->promote(catalogue, names, count, err) : 0;
}

int catalogue_remove(struct catalogue *catalogue, const char *const *keys, size_t count, struct err *err) {
    return count ? catalogue->home->remove(catalogue, keys, count, err) : 0;
}

int catalogue_names(struct catalogue *catalogue, const char *prefix, storage_visit_fn *visit, void *context,
                    struct err *err) {
    return catalogue->home->names(catalogue, prefix ? prefix : "", visit, context, err);
}

/* ---- collection ---- */

struct several {
    struct catalogue *const *catalogues;
    size_t count;
};

static int wanted_by_all(void *context, storage_want_fn *want, void *set, struct err *err) {
    const struct several *several = context;
    for (size_t i = 0; i < several->count; i++) {
        struct catalogue *catalogue = several->catalogues[i];
        if (catalogue->home->wanted)
            TRY(catalogue->home->wanted(catalogue, want, set, err));
    }
    return 0;
}

int catalogue_collect(struct catalogue *const *catalogues, size_t count, uint64_t age_ms, uint64_t budget,
                      struct storage_collected *ret, struct err *err) {
    struct several several = {catalogues, count};
    const char *homes[CATALOGUE_MAX_HOMES];
    struct storage_collect rules = {age_ms, budget, wanted_by_all, &several, homes, 0};
    if (count == 0 || count > CATALOGUE_MAX_HOMES)
        return err_set(err, REASON_BAD_INPUT, "collect: expected 1 to %d catalogues, found %zu", CATALOGUE_MAX_HOMES,
                       count);
    for (size_t i = 0; i < count; i++)
        if (catalogues[i]->home->identity)
            TRY(catalogues[i]->home->identity(catalogues[i], &homes[rules.home_count++], err));
    return storage_collect(catalogues[0]->storage, &rules, ret, err);
}
