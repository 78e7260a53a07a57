// SPDX-License-Identifier: Apache-2.0
#include "quern/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "catalogue_home.h"

void catalogue_close(struct catalogue *catalogue) { free(catalogue); }

struct storage *catalogue_storage(const struct catalogue *catalogue) {
    return catalogue->storage;
}

int catalogue_find(struct catalogue *catalogue, const char *key, struct storage_pin *ret, struct err *err) {
    TRY(storage_key_check(key, err));
    int found = catalogue->home->find(catalogue, key, ret, err);
    TRY(found);
    return found ? 0 : err_set(err, REASON_NOT_FOUND, "%s: no such key", key);
}

// A version that is collected between the two questions was replaced or removed meanwhile: the name is asked again, and
// only an object that is missing while its name stands is an error.
static int get_named(struct catalogue *catalogue, const char *key, struct storage_object *ret, struct err *err) {
    char last[STORAGE_VERSION_BYTES] = "";
    for (;;) {
        struct storage_pin pin;
        struct err fault = {0};
        TRY(catalogue_find(catalogue, key, &pin, err));
        if (storage_get(catalogue->storage, key, pin.version, ret, &fault) == 0)
            return 0;
        if (fault.reason != REASON_NOT_FOUND || strcmp(pin.version, last) == 0) {
            if (err)
                *err = fault;
            return -1;
        }
        memcpy(last, pin.version, sizeof last);
    }
}

int catalogue_get(struct catalogue *catalogue, const char *key, const char *version, struct storage_object *ret,
                  struct err *err) {
    return version ? storage_get(catalogue->storage, key, version, ret, err) : get_named(catalogue, key, ret, err);
}

int catalogue_promote(struct catalogue *catalogue, const struct storage_name *names, size_t count, struct err *err) {
    return count ? catalogue->home->promote(catalogue, names, count, err) : 0;
}

int catalogue_remove(struct catalogue *catalogue, const char *const *keys, size_t count, struct err *err) {
    return count ? catalogue->home->remove(catalogue, keys, count, err) : 0;
}

int catalogue_names(struct catalogue *catalogue, const char *prefix, storage_visit_fn *visit, void *context,
                    struct err *err) {
    return catalogue->home->names(catalogue, prefix ? prefix : "", visit, context, err);
}
