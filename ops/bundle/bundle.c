// SPDX-License-Identifier: Apache-2.0
#include "quern/bundle.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zip.h>

#include "bundle_parts.h"
#include "quern/own.h"

// Small bundles may have any ratio: a file of blanks is no attack.
enum { RATIO_FREE_BYTES = 10000000, COPY_BYTES = 65536 };

struct unpacking {
    zip_t *zip;
    int dir;
    uint64_t packed; // bytes of the whole zip
    const struct bundle_ceilings *ceilings;
    struct bundle_outcome outcome;
};

// Called with what the headers declare, and again with what really came out: headers lie.
static int check_bytes(const struct unpacking *unpacking, uint64_t bytes, struct err *err) {
    uint64_t most;
    if (bytes > unpacking->ceilings->bytes)
        return err_set(err, REASON_LIMIT_DISK,
                       "Script Bundle: expected at most %llu bytes unpacked (--bundle-size), found more",
                       (unsigned long long)unpacking->ceilings->bytes);
    if (__builtin_mul_overflow(unpacking->packed, unpacking->ceilings->ratio, &most))
        return 0;
    if (bytes > RATIO_FREE_BYTES && bytes > most)
        return err_set(
            err, REASON_LIMIT_DISK,
            "Script Bundle: expected at most %u bytes unpacked for each of its %llu bytes (--bundle-ratio), found more",
            unpacking->ceilings->ratio, (unsigned long long)unpacking->packed);
    return 0;
}

static int check_declared(const struct unpacking *unpacking, struct err *err) {
    uint64_t declared = 0;
    zip_int64_t entries = zip_get_num_entries(unpacking->zip, 0);
    if (entries > unpacking->ceilings->entries)
        return err_set(err, REASON_LIMIT_DISK,
                       "Script Bundle: expected at most %u entries (--bundle-entries), found %lld",
                       unpacking->ceilings->entries, (long long)entries);
    for (zip_int64_t i = 0; i < entries; i++) {
        zip_stat_t status;
        if (zip_stat_index(unpacking->zip, (zip_uint64_t)i, 0, &status) < 0 || !(status.valid & ZIP_STAT_SIZE))
            return err_set(err, REASON_BAD_INPUT, BUNDLE_NOT_A_ZIP);
        if (__builtin_add_overflow(declared, status.size, &declared))
            declared = UINT64_MAX;
    }
    return check_bytes(unpacking, declared, err);
}

// Unix tools keep the file's mode in the upper half of the attributes.
static int check_kind(zip_t *zip, zip_uint64_t index, struct bundle_name *name, struct err *err) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) < 0)
        return err_set(err, REASON_BAD_INPUT, BUNDLE_NOT_A_ZIP);
    mode_t kind = attributes >> 16 & S_IFMT;
    if (kind == S_IFLNK)
        return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected a file or a folder, found a link",
                       name->shown);
    if (kind != 0 && kind != S_IFREG && kind != S_IFDIR)
        return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected a file or a folder, found mode %o",
                       name->shown, (unsigned)kind);
    name->folder |= kind == S_IFDIR;
    return 0;
}

static int check_packing(const zip_stat_t *status, const struct bundle_name *name, struct err *err) {
    if (status->encryption_method != ZIP_EM_NONE)
        return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected no encryption, found some", name->shown);
    if (!zip_compression_method_supported(status->comp_method, 0))
        return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: compression method %u is not known", name->shown,
                       status->comp_method);
    return 0;
}

static int damaged(const struct bundle_name *name, zip_error_t *why, struct err *err) {
    enum reason reason = zip_error_code_zip(why) == ZIP_ER_MEMORY ? REASON_INFRA : REASON_BAD_INPUT;
    return err_set(err, reason, "Script Bundle: %s: damaged: %s", name->shown, zip_error_strerror(why));
}

static int copy(struct unpacking *unpacking, zip_file_t *from, int to, const struct bundle_name *name,
                uint64_t *ret_bytes, struct err *err) {
    char buffer[COPY_BYTES];
    zip_int64_t got;
    uint64_t bytes = 0;
    while ((got = zip_fread(from, buffer, sizeof buffer)) > 0) {
        bytes += (uint64_t)got;
        unpacking->outcome.bytes += (uint64_t)got;
        TRY(check_bytes(unpacking, unpacking->outcome.bytes, err));
        TRY(bundle_write(to, name, buffer, (size_t)got, err));
    }
    if (got < 0)
        return damaged(name, zip_file_get_error(from), err);
    *ret_bytes = bytes;
    return 0;
}

static int unpack_file(struct unpacking *unpacking, zip_uint64_t index, const zip_stat_t *status,
                       const struct bundle_name *name, struct err *err) {
    uint64_t bytes = 0;
    auto_fd int to = bundle_create(unpacking->dir, name, err);
    if (to < 0)
        return -1;
    zip_file_t *from = zip_fopen_index(unpacking->zip, index, 0);
    if (!from)
        return damaged(name, zip_get_error(unpacking->zip), err);
    int result = copy(unpacking, from, to, name, &bytes, err);
    zip_fclose(from);
    if (result == 0 && bytes != status->size)
        result = err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected %llu bytes, found %llu", name->shown,
                         (unsigned long long)status->size, (unsigned long long)bytes);
    unpacking->outcome.files++;
    return result;
}

static int unpack_entry(struct unpacking *unpacking, zip_uint64_t index, struct err *err) {
    zip_stat_t status;
    struct bundle_name name;
    const char *text = zip_get_name(unpacking->zip, index, ZIP_FL_ENC_RAW);
    if (!text || zip_stat_index(unpacking->zip, index, 0, &status) < 0)
        return err_set(err, REASON_BAD_INPUT, BUNDLE_NOT_A_ZIP);
    TRY(bundle_name_read(text, &name, err));
    TRY(check_kind(unpacking->zip, index, &name, err));
    TRY(check_packing(&status, &name, err));
    if (!name.folder)
        return unpack_file(unpacking, index, &status, &name, err);
    auto_fd int folder = bundle_create(unpacking->dir, &name, err);
    return folder < 0 ? -1 : 0;
}

static int unpack_all(struct unpacking *unpacking, struct err *err) {
    TRY(check_declared(unpacking, err));
    zip_int64_t entries = zip_get_num_entries(unpacking->zip, 0);
    for (zip_int64_t i = 0; i < entries; i++)
        TRY(unpack_entry(unpacking, (zip_uint64_t)i, err));
    return 0;
}

static zip_t *open_zip(const uint8_t *bytes, size_t count, zip_error_t *why) {
    zip_source_t *source = zip_source_buffer_create(bytes, count, 0, why);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, why) : NULL;
    if (source && !zip)
        zip_source_free(source);
    return zip;
}

static int unpack_bytes(const uint8_t *bytes, size_t count, struct unpacking *unpacking, struct err *err) {
    size_t start = 0;
    zip_error_t why;
    TRY(bundle_directory_check(bytes, count, &start, err));
    zip_error_init(&why);
    unpacking->zip = open_zip(bytes + start, count - start, &why);
    bool memory = zip_error_code_zip(&why) == ZIP_ER_MEMORY;
    zip_error_fini(&why);
    if (!unpacking->zip)
        return memory ? err_set(err, REASON_INFRA, "Script Bundle: out of memory for opening it")
                      : err_set(err, REASON_BAD_INPUT, BUNDLE_NOT_A_ZIP);
    int result = unpack_all(unpacking, err);
    zip_discard(unpacking->zip);
    return result;
}

// Mapped, not read through a duplicate: that would share, and move, the offset of a descriptor that others may use.
int bundle_unpack(int zip, int dir, const struct bundle_ceilings *ceilings, struct bundle_outcome *ret,
                  struct err *err) {
    struct stat status;
    if (fstat(zip, &status) < 0)
        return err_sys(err, REASON_INFRA, "Script Bundle: fstat");
    if (!S_ISREG(status.st_mode) || status.st_size <= 0)
        return err_set(err, REASON_BAD_INPUT, BUNDLE_NOT_A_ZIP);
    size_t count = (size_t)status.st_size;
    uint8_t *bytes = mmap(NULL, count, PROT_READ, MAP_PRIVATE, zip, 0);
    if (bytes == MAP_FAILED)
        return err_sys(err, REASON_INFRA, "Script Bundle: mapping %zu bytes", count);
    struct unpacking unpacking = {.dir = dir, .packed = count, .ceilings = ceilings};
    int result = unpack_bytes(bytes, count, &unpacking, err);
    munmap(bytes, count);
    if (result == 0)
        *ret = unpacking.outcome;
    return result;
}
