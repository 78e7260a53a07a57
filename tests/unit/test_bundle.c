// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>

#include "quern/bundle.h"
#include "quern/memory.h"
#include "quern/own.h"

struct place {
    char path[32];
    int dir;
    struct bundle_ceilings ceilings;
};

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int set_up(void **state) {
    static struct place place;
    memcpy(place.path, "/tmp/quern-bundle-XXXXXX", 25);
    assert_non_null(mkdtemp(place.path));
    place.dir = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    place.ceilings = (struct bundle_ceilings){.entries = 10000, .ratio = 200, .bytes = 1u << 30};
    *state = &place;
    return place.dir < 0;
}

static int tear_down(void **state) {
    struct place *place = *state;
    close(place->dir);
    return nftw(place->path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void add(zip_t *zip, const char *name, const char *text) {
    zip_source_t *source = zip_source_buffer(zip, text, strlen(text), 0);
    assert_true(zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8) >= 0);
}

// A zip with a file "sub/hello.py" and one of `blanks` blanks, as a sealed memory file.
static int make_zip(size_t blanks) {
    auto_free char *text = malloc(blanks + 1);
    assert_non_null(text);
    memset(text, ' ', blanks);
    text[blanks] = '\0';
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = zip_open_from_source(target, ZIP_TRUNCATE, NULL);
    assert_non_null(zip);
    zip_source_keep(target);
    add(zip, "sub/hello.py", "print('hello')\n");
    add(zip, "blanks", text);
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(target), 0);
    static char bytes[65536];
    zip_int64_t count = zip_source_read(target, bytes, sizeof bytes);
    assert_true(count > 0);
    zip_source_close(target);
    zip_source_free(target);
    return memory_from("bundle", bytes, (size_t)count, NULL);
}

static unsigned open_descriptors(void) {
    unsigned count = 0;
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void b_files_are_unpacked(void **state) {
    struct place *place = *state;
    struct bundle_outcome outcome;
    auto_free char *text = NULL;
    size_t count;
    auto_fd int zip = make_zip(1000);
    assert_int_equal(bundle_unpack(zip, place->dir, &place->ceilings, &outcome, NULL), 0);
    assert_int_equal(outcome.files, 2);
    assert_int_equal(outcome.bytes, 1015);
    auto_fd int file = openat(place->dir, "sub/hello.py", O_RDONLY | O_CLOEXEC);
    assert_int_equal(memory_read(file, "hello.py", 100, &text, &count, NULL), 0);
    assert_string_equal(text, "print('hello')\n");
}

static void m_descriptors_are_borrowed_and_none_is_left(void **state) {
    struct place *place = *state;
    struct bundle_outcome outcome = {.files = 9};
    struct err err;
    auto_fd int zip = make_zip(1000);
    assert_int_equal(lseek(zip, 7, SEEK_SET), 7);
    unsigned before = open_descriptors();
    assert_int_equal(bundle_unpack(zip, place->dir, &place->ceilings, &outcome, NULL), 0);
    outcome.files = 9;
    assert_int_equal(bundle_unpack(zip, place->dir, &place->ceilings, &outcome, &err), -1);
    assert_string_equal(err.msg, "Script Bundle: \"sub/hello.py\": expected one entry of that name, found two");
    assert_int_equal(outcome.files, 9);
    assert_int_equal(open_descriptors(), before);
    assert_int_equal(lseek(zip, 0, SEEK_CUR), 7);
}

static void l_a_file_larger_than_the_disk_allows(void **state) {
    struct place *place = *state;
    struct bundle_outcome outcome;
    struct err err;
    struct rlimit old;
    auto_fd int zip = make_zip(200000);
    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){70000, old.rlim_max});
    int result = bundle_unpack(zip, place->dir, &place->ceilings, &outcome, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(result, -1);
    assert_int_equal(err.reason, REASON_LIMIT_DISK);
    assert_string_equal(err.msg, "Script Bundle: \"blanks\": writing: File too large");
}

static void f_what_is_no_file_is_no_zip(void **state) {
    struct place *place = *state;
    struct bundle_outcome outcome;
    struct err err;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    auto_fd int reader = ends[0], writer = ends[1];
    const int bad[] = {reader, writer, place->dir};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bundle_unpack(bad[i], place->dir, &place->ceilings, &outcome, &err), -1);
        assert_int_equal(err.reason, REASON_BAD_INPUT);
        assert_string_equal(err.msg, "Script Bundle: error 0102: Given ZIP file is not in the correct format.");
    }
}

static void c_directory_that_is_none(void **state) {
    struct place *place = *state;
    struct bundle_outcome outcome;
    struct err err;
    auto_fd int zip = make_zip(10);
    assert_int_equal(bundle_unpack(zip, zip, &place->ceilings, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "Script Bundle: \"sub/hello.py\": making a folder: Not a directory");
    assert_int_equal(bundle_unpack(-1, place->dir, &place->ceilings, &outcome, &err), -1);
    assert_int_equal(err.reason, REASON_INFRA);
    assert_string_equal(err.msg, "Script Bundle: fstat: Bad file descriptor");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(b_files_are_unpacked),
        TEST(m_descriptors_are_borrowed_and_none_is_left),
        TEST(l_a_file_larger_than_the_disk_allows),
        TEST(f_what_is_no_file_is_no_zip),
        TEST(c_directory_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
