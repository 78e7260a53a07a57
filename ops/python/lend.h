/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An array of a segment through the Arrow C data interface: values, offsets and text stay where they are; missing ones
 * that a segment marks in the values (NaN, INT64_MIN, code -1) or in a mask are told by a bitmap of its own, and flags,
 * bytes here, become bits.
 *
 * Calling sequence: lend_schema(), lend_array() → the borrower calls each struct's release, in any thread. The segment has
 * to stay mapped until then. `base`: a checked segment. Errors: REASON_LIMIT_MEMORY.
 */
#ifndef QUERN_PYTHON_LEND_H
#define QUERN_PYTHON_LEND_H

#include "ops/python/arrow_c.h"
#include "quern/segment.h"

MUST_USE int lend_schema(const void *base, uint32_t index, struct ArrowSchema *ret, struct err *err);
MUST_USE int lend_array(const void *base, uint32_t index, struct ArrowArray *ret, struct err *err);

#endif
