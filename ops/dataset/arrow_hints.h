/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the schema's metadata for pandas, JSON under the key "pandas", tells beyond Arrow's types: which columns were of
 * pandas' nullable types (Int64, boolean, string).
 *
 * Hints are only taken where they fit the Arrow type; metadata that is no JSON, or of another form than pandas writes,
 * tells nothing and is no error. Errors: REASON_BAD_INPUT for a flatbuffer that is broken.
 */
#ifndef DATASET_ARROW_HINTS_H
#define DATASET_ARROW_HINTS_H

#include "arrow_schema.h"

/* Sets `nullable` of columns. `table`: that of the schema. */
MUST_USE int arrow_hints_read(const struct flat_table *table, struct arrow_schema *schema, struct err *err);

#endif
