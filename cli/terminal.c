// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <langinfo.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "quern/own.h"

static const struct {
    const char *sign, *ascii;
} signs[] = {
    {"✓", "ok"},   {"✕", "x"}, {"⊘", "-"}, {"▶", ">"}, {"·", "-"}, {"×", "x"}, {"…", "..."}, {"↵", "\\n"},
    {"∅", "<NA>"}, {"┌", "+"}, {"┬", "+"}, {"┐", "+"}, {"├", "+"}, {"┼", "+"}, {"○", "o"},   {"◷", "~"},
    {"◌", "."},    {"┤", "+"}, {"└", "+"}, {"┴", "+"}, {"┘", "+"}, {"─", "-"}, {"│", "|"},
};

static uint32_t ask_columns(FILE *file) {
    struct winsize size;
    if (ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return TERMINAL_COLUMNS;
}

static bool is_set(const char *variable) {
    const char *value = getenv(variable);
    return value && *value;
}

void terminal_open(struct terminal *terminal, FILE *file, enum terminal_colour colour) {
    const char *kind = getenv("TERM");
    *terminal = (struct terminal){.file = file, .columns = TERMINAL_COLUMNS};
    terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (fileno(file) >= 0 && isatty(fileno(file))) {
        terminal->screen = true;
        terminal->tty = kind && strcmp(kind, "dumb") != 0;
        terminal->columns = ask_columns(file);
    }
    terminal->colour =
        colour == TERMINAL_COLOUR_ALWAYS || (colour == TERMINAL_COLOUR_AUTO && terminal->tty && !is_set("NO_COLOR"));
}

void terminal_style(struct terminal *terminal, enum terminal_style style) {
    static const char *const sequences[] = {
        [TERMINAL_PLAIN] = "\033[0m", [TERMINAL_BOLD] = "\033[1m",   [TERMINAL_DIM] = "\033[2m",
        [TERMINAL_RED] = "\033[31m",  [TERMINAL_GREEN] = "\033[32m", [TERMINAL_YELLOW] = "\033[33m",
    };
    if (terminal->colour)
        fputs(sequences[style], terminal->file);
}

// The bytes of the sign that stands at `text`, 0 if none does.
static size_t sign_at(const char *text, const char **ret_ascii) {
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        size_t bytes = strlen(signs[i].sign);
        if (strncmp(text, signs[i].sign, bytes) == 0) {
            *ret_ascii = signs[i].ascii;
            return bytes;
        }
    }
    return 0;
}

static void say_ascii(struct terminal *terminal, const char *text) {
    struct escape escape = {0};
    while (*text) {
        const char *ascii;
        size_t bytes = sign_at(text, &ascii);
        if (bytes)
            fputs(ascii, terminal->file);
        else
            escape_write(&escape, text, 1, terminal->file);
        text += bytes ? bytes : 1;
    }
    escape_end(&escape, terminal->file);
}

void terminal_say(struct terminal *terminal, const char *format, ...) {
    auto_free char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int count = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (count < 0)
        text = NULL;
    if (count <= 0)
        return;
    terminal->line_open = text[count - 1] != '\n';
    if (!terminal->utf8) {
        say_ascii(terminal, text);
        return;
    }
    struct escape escape = {.utf8 = true};
    escape_write(&escape, text, (size_t)count, terminal->file);
    escape_end(&escape, terminal->file);
}

void terminal_clear_line(struct terminal *terminal) {
    fputs("\r\033[K", terminal->file);
    terminal->line_open = false;
}
