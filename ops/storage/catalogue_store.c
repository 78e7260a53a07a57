// SPDX-License-Identifier: Apache-2.0
// The catalogue whose home is the store: its own names, unfenced.
#include <stdlib.h>

#include "catalogue_home.h"

static int find(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err) {
    struct err fault = {0};
    if (storage_find(catalogue->storage, key, ret, &fault) == 0)
        return 1;
    if (err)
        *err = fault;
    return fault.reason == REASON_NOT_FOUND ? 0 : -1;
}

static int promote(struct catalogue *catalogue, const struct storage_name *names, size_t count, struct err *err) {
    TRY(storage_promote(catalogue->storage, STORAGE_UNFENCED, names, count, err));
    return 0;
}

static int drop(struct catalogue *catalogue, const char *const *keys, size_t count, struct err *err) {
    TRY(storage_remove(catalogue->storage, STORAGE_UNFENCED, keys, count, err));
    return 0;
}

static int names(struct catalogue *catalogue, const char *prefix, storage_visit_fn *visit, void *context,
                 struct err *err) {
    return storage_names(catalogue->storage, prefix, visit, context, err);
}

static const struct catalogue_home store_home = {.find = find, .promote = promote, .remove = drop, .names = names};

int catalogue_of_store(struct storage *storage, struct catalogue **ret, struct err *err) {
    struct catalogue *catalogue = malloc(sizeof *catalogue);
    if (!catalogue)
        return err_set(err, REASON_INFRA, "store: out of memory");
    *catalogue = (struct catalogue){&store_home, storage};
    *ret = catalogue;
    return 0;
}
