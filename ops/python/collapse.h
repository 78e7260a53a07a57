/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts the heap of a warm interpreter onto huge pages, so that a fork copies hundreds of page table entries instead of
 * tens of thousands. Only private anonymous memory is touched: libraries stay where they are, read-only and shared.
 * A kernel that cannot do it (before 6.1) changes nothing.
 */
#ifndef QUERN_PYTHON_COLLAPSE_H
#define QUERN_PYTHON_COLLAPSE_H

#include <stdint.h>

#include "quern/err.h"

/* Bytes that are on huge pages now. REASON_INFRA if the process cannot see its own memory areas. */
MUST_USE int collapse_heap(uint64_t *ret_bytes, struct err *err);

#endif
