// SPDX-License-Identifier: Apache-2.0
// Decoding a file into a fresh segment and encoding the segment again, on all cores, beside libzstd alone on the buffers of
// that very file. Rounds: rounds.h.
//
//     bench_dataset NAME FILE BUFFERS...     BUFFERS lists the compressed buffers: lines OFFSET BYTES; any number of triples
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "alone.h"
#include "quern/clock.h"
#include "quern/dataset.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/segment.h"
#include "rounds.h"

enum { MAX_FILES = 32, MAX_PIECES = 4096, PREFIX = 8, TAKE = 1 << 20 };

struct file {
    const char *name;
    void *bytes;
    size_t count;
    void *segment;
    struct alone_piece pieces[MAX_PIECES];
    size_t piece_count, room;
    size_t taken; // pieces behind them, for what the segment is larger than the buffers
};

static const struct codec_ceilings ceilings = {(uint64_t)1 << 40, (uint64_t)1 << 40, 100000, 1, 1};

static void die(const char *what, const struct err *err) {
    fprintf(stderr, "bench_dataset: %s: %s\n", what, err ? err->msg : "failed");
    exit(1);
}

static uint32_t cores(void) { return (uint32_t)sysconf(_SC_NPROCESSORS_ONLN); }

static void *map(int fd, size_t bytes, int protection, int flags) {
    void *at = mmap(NULL, bytes, protection, flags, fd, 0);
    if (at == MAP_FAILED)
        die("mmap", NULL);
    return at;
}

// The raw bytes are kept for encoding: what a buffer holds, in Arrow's form.
static void add_piece(struct file *file, size_t offset, size_t bytes) {
    struct alone_piece *piece = &file->pieces[file->piece_count++];
    const char *packed = (const char *)file->bytes + offset;
    int64_t raw_bytes;
    if (file->piece_count > MAX_PIECES || offset + bytes > file->count || bytes < PREFIX)
        die("buffers", NULL);
    memcpy(&raw_bytes, packed, PREFIX);
    if (raw_bytes < 0) {
        *piece = (struct alone_piece){.raw = packed + PREFIX, .raw_bytes = bytes - PREFIX};
    } else {
        void *raw = malloc((size_t)raw_bytes + 1);
        *piece = (struct alone_piece){raw, (size_t)raw_bytes, packed + PREFIX, bytes - PREFIX, 0};
        if (!raw || ZSTD_decompress(raw, piece->raw_bytes, piece->packed, piece->packed_bytes) != piece->raw_bytes)
            die("zstd", NULL);
    }
    piece->at = file->room;
    file->room += alone_room(piece->raw_bytes);
}

static void read_pieces(struct file *file, const char *path) {
    size_t offset, bytes;
    auto_file FILE *list = fopen(path, "re");
    if (!list)
        die(path, NULL);
    while (fscanf(list, "%zu %zu", &offset, &bytes) == 2)
        add_piece(file, offset, bytes);
}

// What nobody can do without who makes such a segment: the buffers decompressed, and its pages.
static void add_memory(struct file *file, size_t segment_bytes) {
    size_t raw = 0;
    for (size_t i = 0; i < file->piece_count; i++)
        raw += file->pieces[i].raw_bytes;
    for (size_t at = file->room; raw < segment_bytes; at += TAKE, raw += TAKE) {
        size_t bytes = segment_bytes - raw < TAKE ? segment_bytes - raw : TAKE;
        if (file->piece_count + file->taken == MAX_PIECES)
            die("memory", NULL);
        file->pieces[file->piece_count + file->taken++] = (struct alone_piece){.raw_bytes = bytes, .at = at};
    }
}

// Into `kept`, or into a fresh memory file that is dropped.
static void decode(const struct file *file, void **kept) {
    struct dataset_reader *reader;
    struct dataset_shape shape;
    struct err err;
    if (dataset_reader_open(file->bytes, file->count, SEGMENT_PROFILE_NS, &ceilings, &reader, &err) < 0)
        die(file->name, &err);
    dataset_reader_shape(reader, &shape);
    auto_fd int fd = memory_new("segment", shape.bytes, &err);
    if (fd < 0)
        die("memory", &err);
    void *base = map(fd, shape.bytes, PROT_READ | PROT_WRITE, MAP_SHARED);
    if (dataset_reader_decode(reader, base, 0, &err) < 0)
        die(file->name, &err);
    dataset_reader_close(reader);
    if (kept)
        *kept = base;
    else
        munmap(base, shape.bytes);
}

static void encode(const struct file *file) {
    struct err err;
    uint64_t written;
    auto_fd int fd = memory_new("file", 0, &err);
    if (fd < 0 || dataset_write(file->segment, fd, 1, 0, &written, &err) < 0)
        die(file->name, &err);
}

static void open_file(struct file *file, char **arguments) {
    struct stat status;
    auto_fd int fd = open(arguments[1], O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        die(arguments[1], NULL);
    file->name = arguments[0];
    file->count = (size_t)status.st_size;
    file->bytes = map(fd, file->count, PROT_READ, MAP_PRIVATE);
    read_pieces(file, arguments[2]);
    decode(file, &file->segment);
    add_memory(file, segment_header(file->segment)->total_bytes);
}

struct moment {
    uint64_t ns;
    double cpu_ms;
};

static struct moment now(void) { return (struct moment){clock_now_ns(), rounds_cpu_ms()}; }

static void sample(const struct file *file, const char *what, struct moment start) {
    char label[200];
    snprintf(label, sizeof label, "%s, %s", file->name, what);
    rounds_since(label, start.ns);
    rounds_sample(label, "cpu ms", rounds_cpu_ms() - start.cpu_ms);
}

static void measure(const struct file *file) {
    struct moment start = now();
    alone_run(file->pieces, file->piece_count, file->room, cores(), true);
    sample(file, "decode, libzstd alone", start);
    start = now();
    alone_run(file->pieces, file->piece_count + file->taken, file->room + file->taken * TAKE, cores(), true);
    sample(file, "decode, libzstd and the memory", start);
    start = now();
    decode(file, NULL);
    sample(file, "decode, quern", start);
    start = now();
    alone_run(file->pieces, file->piece_count, file->room, cores(), false);
    sample(file, "encode, libzstd alone", start);
    start = now();
    encode(file);
    sample(file, "encode, quern", start);
}

int main(int argc, char **argv) {
    static struct file files[MAX_FILES];
    size_t count = (size_t)(argc - 1) / 3;
    if (count == 0 || count > MAX_FILES || (argc - 1) % 3) {
        fprintf(stderr, "usage: bench_dataset NAME FILE BUFFERS...\n");
        return 2;
    }
    for (size_t i = 0; i < count; i++)
        open_file(&files[i], argv + 1 + 3 * i);
    while (rounds_wait()) {
        for (size_t i = 0; i < count; i++)
            measure(&files[i]);
        rounds_end();
    }
    return 0;
}
