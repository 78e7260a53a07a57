// SPDX-License-Identifier: Apache-2.0
#include "alone.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "quern/memory.h"
#include "quern/own.h"

enum { MAX_THREADS = 64 };

struct alone {
    const struct alone_piece *pieces;
    size_t count;
    char *output;
    atomic_size_t next;
    bool decode;
};

// A byte per page.
static void take(char *at, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 4096)
        ((volatile char *)at)[i] = 0;
}

static void *alone_main(void *context) {
    struct alone *alone = context;
    ZSTD_CCtx *compress = ZSTD_createCCtx();
    ZSTD_DCtx *decompress = ZSTD_createDCtx();
    for (size_t i; (i = atomic_fetch_add(&alone->next, 1)) < alone->count;) {
        const struct alone_piece *piece = &alone->pieces[i];
        char *to = alone->output + piece->at;
        if (!piece->packed && !piece->raw)
            take(to, piece->raw_bytes);
        else if (!piece->packed)
            memcpy(to, piece->raw, piece->raw_bytes);
        else if (alone->decode)
            ZSTD_decompressDCtx(decompress, to, piece->raw_bytes, piece->packed, piece->packed_bytes);
        else
            ZSTD_compressCCtx(compress, to, ZSTD_compressBound(piece->raw_bytes), piece->raw, piece->raw_bytes, 1);
    }
    ZSTD_freeCCtx(compress);
    ZSTD_freeDCtx(decompress);
    return NULL;
}

void alone_run(const struct alone_piece *pieces, size_t count, size_t room, uint32_t threads, bool decode) {
    pthread_t others[MAX_THREADS];
    uint32_t started = 0;
    auto_fd int fd = memory_new("alone", room, NULL);
    struct alone alone = {.pieces = pieces, .count = count, .decode = decode};
    alone.output = fd < 0 ? MAP_FAILED : mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (alone.output == MAP_FAILED)
        abort();
    while (started + 1 < threads && started < MAX_THREADS &&
           pthread_create(&others[started], NULL, alone_main, &alone) == 0)
        started++;
    alone_main(&alone);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    munmap(alone.output, room);
}

size_t alone_room(size_t raw_bytes) { return (ZSTD_compressBound(raw_bytes) + 4095) / 4096 * 4096; }
