// SPDX-License-Identifier: Apache-2.0
#include "cli/product.h"

#include "quern/memory.h"
#include "quern/own.h"

enum { MAX_BYTES = 64 << 20 };

static int look(const struct view_request *request, product_fn *print, struct refusal *refusal) {
    struct view_result result;
    auto_free char *json = NULL;
    size_t bytes;
    TRY(view(request, &result, refusal));
    int done = memory_read(result.product, request->word, MAX_BYTES, &json, &bytes, &refusal->err);
    view_done(&result);
    TRY(done);
    return print(json, bytes, refusal);
}

int product_print(const struct view_request *request, product_fn *print) {
    struct refusal refusal = {0};
    return look(request, print, &refusal) < 0 ? refusal_print(&refusal, stderr) : 0;
}
