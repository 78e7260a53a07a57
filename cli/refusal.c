// SPDX-License-Identifier: Apache-2.0
#include "cli/refusal.h"

#include <stdarg.h>

#include "cli/terminal.h"

__attribute__((format(printf, 3, 0))) static void write_text(char *text, size_t room, const char *format,
                                                             va_list arguments) {
    vsnprintf(text, room, format, arguments);
}

int refuse(struct refusal *refusal, enum reason reason, const char *format, ...) {
    char text[ERR_MSG_BYTES];
    va_list arguments;
    va_start(arguments, format);
    write_text(text, sizeof text, format, arguments);
    va_end(arguments);
    refusal->advice_count = 0;
    return err_set(&refusal->err, reason, "%s", text);
}

void refusal_advise(struct refusal *refusal, const char *format, ...) {
    if (refusal->advice_count == REFUSAL_ADVICE)
        return;
    va_list arguments;
    va_start(arguments, format);
    write_text(refusal->advice[refusal->advice_count++], REFUSAL_ADVICE_BYTES, format, arguments);
    va_end(arguments);
}

int refusal_print(const struct refusal *refusal, FILE *file) {
    struct terminal terminal;
    terminal_open(&terminal, file, TERMINAL_COLOUR_AUTO);
    terminal_style(&terminal, TERMINAL_RED);
    terminal_say(&terminal, "error:");
    terminal_style(&terminal, TERMINAL_PLAIN);
    terminal_say(&terminal, " %s\n", refusal->err.msg);
    for (unsigned i = 0; i < refusal->advice_count; i++)
        terminal_say(&terminal, "  %s\n", refusal->advice[i]);
    return err_exit_code(&refusal->err);
}
