/* SPDX-License-Identifier: Apache-2.0 */
/* A look at a dataset whose product is JSON to be printed. */
#ifndef QUERN_CLI_PRODUCT_H
#define QUERN_CLI_PRODUCT_H

#include <stddef.h>

#include "cli/view.h"

/* The JSON is borrowed for the call. */
typedef int product_fn(const char *json, size_t bytes, struct refusal *refusal);

/* Looks and prints; returns the exit code. */
int product_print(const struct view_request *request, product_fn *print);

#endif
