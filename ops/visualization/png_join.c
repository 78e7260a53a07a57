// SPDX-License-Identifier: Apache-2.0
// Which pictures are joined, and how.
#include "png_join.h"

#include <stdlib.h>

#include "quern/own.h"

// libpng, and with it most programs that show pictures, refuses more rows unless told otherwise.
enum { JOINED_SIDE = 1000000, JOINED_PICTURES_OF_CEILING = 32 };

struct join {
    struct png_view *views; // of the usable pictures
    uint32_t count;
    uint32_t width;
    uint64_t height;
};

static void add(struct join *join, const struct png_view *view) {
    join->count++;
    join->height += view->height;
    join->width = view->width > join->width ? view->width : join->width;
}

static int take_usable(const struct picture *pictures, uint32_t count, const struct codec_ceilings *ceilings,
                       picture_warn_fn *warn, void *context, struct join *join, struct err *err) {
    for (uint32_t i = 0; i < count; i++) {
        struct err why;
        struct png_view *view = &join->views[join->count];
        if (png_check(&pictures[i], ceilings, view, &why) == 0) {
            add(join, view);
        } else if (why.reason != REASON_BAD_RESULT) {
            *err = why;
            return -1;
        } else if (warn) {
            warn(context, i, why.msg);
        }
    }
    return 0;
}

static int check_joined(const struct join *join, const struct codec_ceilings *ceilings, struct err *err) {
    uint64_t pixels, most;
    if (__builtin_mul_overflow(ceilings->picture_pixels, JOINED_PICTURES_OF_CEILING, &most))
        most = UINT64_MAX;
    if (join->width > JOINED_SIDE || join->height > JOINED_SIDE)
        return err_set(err, REASON_LIMIT_OUTPUT,
                       "the joined picture: expected at most %d pixels on a side, found %u x %llu", JOINED_SIDE,
                       join->width, (unsigned long long)join->height);
    if (__builtin_mul_overflow(join->width, join->height, &pixels) || pixels > most)
        return err_set(err, REASON_LIMIT_OUTPUT,
                       "the joined picture: expected at most %llu pixels (%d times --picture-pixels), found %u x %llu",
                       (unsigned long long)most, JOINED_PICTURES_OF_CEILING, join->width,
                       (unsigned long long)join->height);
    return 0;
}

static int put_joined(const struct join *join, bool splice, struct sink *sink, struct err *err) {
    uint32_t height = (uint32_t)join->height;
    if (splice)
        TRY(png_splice(join->views, join->count, height, sink, err));
    else
        TRY(png_reencode(join->views, join->count, join->width, height, sink, err));
    return sink_flush(sink, err);
}

static int join_usable(const struct join *join, uint64_t limit, int output, struct pictures_joined *ret,
                       struct err *err) {
    struct sink sink;
    bool splice = png_can_splice(join->views, join->count);
    sink_open(&sink, output, "the joined picture", limit);
    TRY(put_joined(join, splice, &sink, err));
    *ret = (struct pictures_joined){.pictures = join->count,
                                    .width = join->width,
                                    .height = (uint32_t)join->height,
                                    .spliced = splice,
                                    .bytes = sink.total};
    return 0;
}

int pictures_join(const struct picture *pictures, uint32_t count, const struct codec_ceilings *ceilings, int output,
                  picture_warn_fn *warn, void *context, struct pictures_joined *ret, struct err *err) {
    struct err own;
    err = err ? err : &own;
    auto_free struct png_view *views = calloc(count ? count : 1, sizeof *views);
    struct join join = {.views = views};
    if (!views)
        return err_set(err, REASON_INFRA, "out of memory for %u pictures", count);
    TRY(take_usable(pictures, count, ceilings, warn, context, &join, err));
    if (join.count == 0) {
        *ret = (struct pictures_joined){0};
        return 0;
    }
    TRY(check_joined(&join, ceilings, err));
    return join_usable(&join, ceilings->bytes, output, ret, err);
}
