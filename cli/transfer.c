// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer.h"

#include "cli/quantity.h"

enum { SAID_BYTES = 8 << 20 }; // less is there before it is read

void transfer_begin(struct transfer *transfer, const char *what, const char *name, uint64_t bytes) {
    char text[QUANTITY_BYTES];
    terminal_open(&transfer->notes, stderr, TERMINAL_COLOUR_AUTO);
    if (!transfer->notes.tty || bytes < SAID_BYTES)
        return;
    terminal_say(&transfer->notes, "▶ %s %s, %s", what, name, quantity_show_bytes(bytes, text));
    fflush(transfer->notes.file);
}

void transfer_end(struct transfer *transfer) {
    if (transfer->notes.line_open)
        terminal_clear_line(&transfer->notes);
}
