// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "ops/python/collapse.h"

#define BYTES ((size_t)8 << 20)
#define PIECE ((uint64_t)2 << 20)

// How much the kernel gives is its affair; that nothing is lost is ours.
static void b_collapsed_heap_keeps_its_content(void **state) {
    (void)state;
    struct err err;
    uint64_t done = 1;
    unsigned char *heap = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *constant = mmap(NULL, BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(heap != MAP_FAILED && constant != MAP_FAILED);
    for (size_t i = 0; i < BYTES; i++)
        heap[i] = (unsigned char)(i * 7 + i / 4096);
    assert_int_equal(collapse_heap(&done, &err), 0);
    assert_int_equal(done % PIECE, 0);
    for (size_t i = 0; i < BYTES; i++)
        assert_int_equal(heap[i], (unsigned char)(i * 7 + i / 4096));
    munmap(heap, BYTES);
    munmap(constant, BYTES);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(b_collapsed_heap_keeps_its_content)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
