// SPDX-License-Identifier: Apache-2.0
#include "cli/image.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 3072 }; // 4096 characters of base64: what kitty takes in one sequence

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

static enum image_protocol choose_by_environment(void) {
    const char *term = variable("TERM"), *program = variable("TERM_PROGRAM");
    if (*variable("TMUX") || strncmp(term, "tmux", 4) == 0 || strncmp(term, "screen", 6) == 0)
        return IMAGE_NONE;
    if (*variable("KITTY_WINDOW_ID") || strcmp(term, "xterm-kitty") == 0 || strcmp(term, "xterm-ghostty") == 0 ||
        strcmp(program, "ghostty") == 0)
        return IMAGE_KITTY;
    return strcmp(program, "iTerm.app") == 0 || strcmp(program, "WezTerm") == 0 ? IMAGE_ITERM : IMAGE_NONE;
}

enum image_protocol image_choose(enum image_protocol asked, const struct terminal *terminal) {
    if (asked != IMAGE_AUTO)
        return asked;
    return terminal->tty ? choose_by_environment() : IMAGE_NONE;
}

static void put_base64(const unsigned char *bytes, size_t count, FILE *file) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        unsigned word = (unsigned)bytes[i] << 16;
        word |= i + 1 < count ? (unsigned)bytes[i + 1] << 8 : 0;
        word |= i + 2 < count ? bytes[i + 2] : 0;
        fputc(digits[word >> 18], file);
        fputc(digits[word >> 12 & 63], file);
        fputc(i + 1 < count ? digits[word >> 6 & 63] : '=', file);
        fputc(i + 2 < count ? digits[word & 63] : '=', file);
    }
}

// a=T: show at once; f=100: PNG; q=2: no answer, which would land on the shell's prompt; m: more follows.
static void print_kitty(const unsigned char *png, size_t bytes, FILE *file) {
    for (size_t at = 0; at < bytes; at += CHUNK) {
        size_t count = bytes - at < CHUNK ? bytes - at : CHUNK;
        fprintf(file, "\033_G%sm=%d;", at == 0 ? "a=T,f=100,q=2," : "", at + count < bytes);
        put_base64(png + at, count, file);
        fputs("\033\\", file);
    }
    fputc('\n', file);
}

static void print_iterm(const unsigned char *png, size_t bytes, FILE *file) {
    fprintf(file, "\033]1337;File=inline=1;size=%zu:", bytes);
    put_base64(png, bytes, file);
    fputs("\a\n", file);
}

void image_print(enum image_protocol protocol, const void *png, size_t bytes, FILE *file) {
    if (protocol == IMAGE_KITTY)
        print_kitty(png, bytes, file);
    else if (protocol == IMAGE_ITERM)
        print_iterm(png, bytes, file);
}
