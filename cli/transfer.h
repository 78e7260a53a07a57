/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line about bytes that are on their way, on a terminal only, and only where there are many.
 *
 *     transfer_begin(&transfer, "uploading", "patients.csv", bytes) → … → transfer_end(&transfer)
 */
#ifndef QUERN_CLI_TRANSFER_H
#define QUERN_CLI_TRANSFER_H

#include "cli/terminal.h"

struct transfer {
    struct terminal notes;
};

void transfer_begin(struct transfer *transfer, const char *what, const char *name, uint64_t bytes);
void transfer_end(struct transfer *transfer);

#endif
