// SPDX-License-Identifier: Apache-2.0
#include "cli/escape.h"

#include <stdint.h>
#include <string.h>

static void put(struct escape *escape, const char *bytes, size_t count, FILE *file) {
    if (count == 0)
        return;
    fwrite(bytes, 1, count, file);
    escape->line_open = bytes[count - 1] != '\n';
}

static void put_text(struct escape *escape, const char *text, FILE *file) { put(escape, text, strlen(text), file); }

static void put_hex(struct escape *escape, unsigned char byte, FILE *file) {
    char text[8];
    snprintf(text, sizeof text, "\\x%02x", byte);
    put_text(escape, text, file);
}

static void put_held_as_hex(struct escape *escape, FILE *file) {
    for (size_t i = 0; i < escape->held_count; i++)
        put_hex(escape, (unsigned char)escape->held[i], file);
    escape->held_count = 0;
}

// Code points that reorder or hide what stands around them, or that some terminals take as controls.
static bool is_control(uint32_t point) {
    return (point >= 0x80 && point <= 0x9f) || point == 0x061c || point == 0x200e || point == 0x200f ||
           (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0xfeff ||
           (point >= 0xe0000 && point <= 0xe007f);
}

static size_t sequence_bytes(unsigned char lead) {
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

// Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte.
static bool continues(const char *held, size_t count, unsigned char byte) {
    unsigned char lead = (unsigned char)held[0];
    if (count > 1)
        return byte >= 0x80 && byte <= 0xbf;
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    return byte >= low && byte <= high;
}

static void put_character(struct escape *escape, FILE *file) {
    size_t count = escape->held_count;
    uint32_t point = (unsigned char)escape->held[0] & (0xffu >> (count + 1));
    for (size_t i = 1; i < count; i++)
        point = point << 6 | ((unsigned char)escape->held[i] & 0x3f);
    escape->held_count = 0;
    if (!is_control(point)) {
        put(escape, escape->held, count, file);
        return;
    }
    char text[16];
    snprintf(text, sizeof text, point > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)point);
    put_text(escape, text, file);
}

static void put_colour(struct escape *escape, FILE *file) {
    size_t count = escape->held_count;
    escape->held_count = 0;
    if (escape->sgr != ESCAPE_SGR_PASS)
        return;
    fwrite(escape->held, 1, count, file);
    escape->coloured = !(count == 3 || (count == 4 && escape->held[2] == '0'));
}

// A byte after ESC: true if it was taken, false if the sequence was none and the byte stands for itself.
static bool take_sequence(struct escape *escape, unsigned char byte, FILE *file) {
    bool colour = escape->sgr != ESCAPE_SGR_SHOW;
    bool parameter = (byte >= '0' && byte <= '9') || byte == ';' || byte == ':';
    bool inside = escape->held_count >= 2;
    if (colour && ((!inside && byte == '[') || (inside && (parameter || byte == 'm'))) &&
        escape->held_count < sizeof escape->held - 1) {
        escape->held[escape->held_count++] = (char)byte;
        if (byte == 'm')
            put_colour(escape, file);
        return true;
    }
    size_t count = escape->held_count;
    escape->held_count = 0;
    put_hex(escape, 0x1b, file);
    put(escape, escape->held + 1, count - 1, file);
    return false;
}

static bool take_continuation(struct escape *escape, unsigned char byte, FILE *file) {
    if (!continues(escape->held, escape->held_count, byte)) {
        put_held_as_hex(escape, file);
        return false;
    }
    escape->held[escape->held_count++] = (char)byte;
    if (escape->held_count == sequence_bytes((unsigned char)escape->held[0]))
        put_character(escape, file);
    return true;
}

static void take_plain(struct escape *escape, unsigned char byte, FILE *file) {
    char text[2] = {(char)byte, '\0'};
    if (byte == '\r')
        escape->carriage_held = true;
    else if (byte == 0x1b || (escape->utf8 && sequence_bytes(byte)))
        escape->held[escape->held_count++] = (char)byte;
    else if (byte == '\n')
        put_text(escape, escape->newline ? escape->newline : text, file);
    else if (byte == '\t')
        put_text(escape, escape->tab ? escape->tab : text, file);
    else if (byte < 0x20 || byte >= 0x7f)
        put_hex(escape, byte, file);
    else
        put(escape, text, 1, file);
}

static void put_carriage(struct escape *escape, FILE *file) {
    escape->carriage_held = false;
    put_text(escape, escape->carriage ? escape->carriage : "\\r", file);
}

static void take(struct escape *escape, unsigned char byte, FILE *file) {
    if (escape->held_count > 0 && escape->held[0] == 0x1b) {
        if (take_sequence(escape, byte, file))
            return;
    } else if (escape->held_count > 0 && take_continuation(escape, byte, file)) {
        return;
    }
    if (escape->carriage_held) {
        if (byte == '\r')
            return;
        if (byte == '\n')
            escape->carriage_held = false;
        else
            put_carriage(escape, file);
    }
    take_plain(escape, byte, file);
}

void escape_write(struct escape *escape, const char *bytes, size_t count, FILE *file) {
    for (size_t i = 0; i < count; i++)
        take(escape, (unsigned char)bytes[i], file);
}

void escape_end(struct escape *escape, FILE *file) {
    if (escape->held_count > 0 && escape->held[0] == 0x1b) {
        size_t count = escape->held_count;
        escape->held_count = 0;
        put_hex(escape, 0x1b, file);
        put(escape, escape->held + 1, count - 1, file);
    }
    put_held_as_hex(escape, file);
    if (escape->carriage_held && !escape->carriage)
        put_carriage(escape, file);
    escape->carriage_held = false;
    if (escape->coloured)
        fputs("\033[0m", file);
    escape->coloured = false;
}
