// SPDX-License-Identifier: Apache-2.0
#include "table_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "quern/dataset.h"
#include "quern/own.h"
#include "quern/utf8.h"
#include "text_encoding.h"

enum { PIECE_BYTES = 1 << 20, CHARACTER_BYTES = 4 };

// A piece, and how far its lines are counted.
struct piece {
    struct table_check *check;
    const char *at, *end, *line;
};

void table_check_open(struct table_check *check, char separator, bool header) {
    *check = (struct table_check){.separator = separator, .header = header, .line = 1};
}

static uint64_t characters(const char *from, const char *to) {
    uint64_t count = 0;
    for (; from < to; from++)
        count += utf8_starts((uint8_t)*from);
    return count;
}

static struct table_place place_of(const struct piece *piece, const char *at) {
    return (struct table_place){piece->check->line, piece->check->characters + characters(piece->line, at) + 1};
}

#define REFUSE(place, err, format, ...)                                                                                \
    err_set((err), REASON_BAD_INPUT, "line %llu, column %llu: " format, (unsigned long long)(place).line,              \
            (unsigned long long)(place).column, __VA_ARGS__)

// ---- rows and cells ----

static void next_line(struct piece *piece) {
    piece->check->line++;
    piece->check->characters = 0;
    piece->line = piece->at;
}

static int begin_cell(struct piece *piece, const char *at, struct err *err) {
    struct table_check *check = piece->check;
    check->cells++;
    check->cell_bytes = 0;
    if (check->width > 0)
        return 0;
    check->cell = place_of(piece, at);
    if (check->cells > SEGMENT_MAX_COLUMNS)
        return REFUSE(check->cell, err, "more than %u columns", SEGMENT_MAX_COLUMNS);
    return 0;
}

// Separators behind the last cell are allowed: they lose nothing.
static int check_room(struct piece *piece, const char *at, struct err *err) {
    struct table_check *check = piece->check;
    if (check->width == 0 || check->cells <= check->width)
        return 0;
    struct table_place place = place_of(piece, at);
    return REFUSE(place, err, "expected %llu cell%s, as %s, found more", (unsigned long long)check->width,
                  check->width == 1 ? "" : "s", check->header ? "there are names" : "the first row has");
}

static int end_cell(struct piece *piece, struct err *err) {
    const struct table_check *check = piece->check;
    if (check->width > 0 || !check->header || check->cell_bytes <= SEGMENT_MAX_NAME_BYTES)
        return 0;
    return REFUSE(check->cell, err, "the name of column %llu has more than %u bytes", (unsigned long long)check->cells,
                  SEGMENT_MAX_NAME_BYTES);
}

static int end_row(struct piece *piece, struct err *err) {
    struct table_check *check = piece->check;
    TRY(end_cell(piece, err));
    if (check->width == 0 && check->solid)
        check->width = check->cells;
    check->cells = 0;
    check->solid = false;
    return 0;
}

// ---- bytes ----

static void end_line(struct piece *piece, char byte) {
    piece->check->state = byte == '\r' ? TABLE_CR : TABLE_ROW;
    if (byte == '\n')
        next_line(piece);
}

// pandas takes a carriage return alone for the end of a line, and then loses cells: ",x\r\r\r,,1" is one row of it.
static int line_feed(struct piece *piece, char byte, struct err *err) {
    struct table_place place = place_of(piece, piece->at - 1);
    if (byte != '\n')
        return REFUSE(((struct table_place){place.line, place.column - 1}), err,
                      "a carriage return without a line feed (in a cell it has to be quoted%s)", "");
    end_line(piece, byte);
    return 0;
}

static int end_last_cell(struct piece *piece, char byte, struct err *err) {
    TRY(end_row(piece, err));
    end_line(piece, byte);
    return 0;
}

static int separate(struct piece *piece, struct err *err) {
    TRY(end_cell(piece, err));
    piece->check->solid = true;
    piece->check->state = TABLE_CELL;
    return begin_cell(piece, piece->at, err);
}

static bool ends_line(char byte) { return byte == '\n' || byte == '\r'; }

// The first byte of a cell, or what comes instead of it.
static int first_byte(struct piece *piece, char byte, struct err *err) {
    struct table_check *check = piece->check;
    if (byte == check->separator)
        return separate(piece, err);
    if (ends_line(byte))
        return end_last_cell(piece, byte, err);
    TRY(check_room(piece, piece->at - 1, err));
    if (byte == '"') {
        check->quote = place_of(piece, piece->at - 1);
        check->solid = true;
        check->state = TABLE_QUOTED;
        return 0;
    }
    check->solid |= byte != ' ' && byte != '\t';
    check->cell_bytes++;
    check->state = TABLE_BARE;
    return 0;
}

static int row_byte(struct piece *piece, char byte, struct err *err) {
    struct table_check *check = piece->check;
    if (ends_line(byte)) {
        end_line(piece, byte);
        return 0;
    }
    check->cells = 0;
    TRY(begin_cell(piece, piece->at - 1, err));
    return first_byte(piece, byte, err);
}

static int bare_byte(struct piece *piece, char byte, struct err *err) {
    struct table_check *check = piece->check;
    if (byte == check->separator)
        return separate(piece, err);
    if (ends_line(byte))
        return end_last_cell(piece, byte, err);
    check->solid |= byte != ' ' && byte != '\t';
    check->cell_bytes++;
    return 0;
}

static void quoted_byte(struct piece *piece, char byte) {
    piece->check->cell_bytes += byte != '"';
    if (byte == '"')
        piece->check->state = TABLE_QUOTE;
    if (byte == '\n')
        next_line(piece);
}

// Behind a quote inside of quotes.
static int quote_byte(struct piece *piece, char byte, struct err *err) {
    struct table_check *check = piece->check;
    check->state = byte == '"' ? TABLE_QUOTED : TABLE_BARE;
    if (byte != '"')
        return bare_byte(piece, byte, err);
    check->cell_bytes++;
    return 0;
}

static int take_byte(struct piece *piece, char byte, struct err *err) {
    struct table_check *check = piece->check;
    switch (check->state) {
    case TABLE_CR:
        return line_feed(piece, byte, err);
    case TABLE_ROW:
        return row_byte(piece, byte, err);
    case TABLE_CELL:
        return first_byte(piece, byte, err);
    case TABLE_BARE:
        return bare_byte(piece, byte, err);
    case TABLE_QUOTED:
        quoted_byte(piece, byte);
        return 0;
    case TABLE_QUOTE:
        return quote_byte(piece, byte, err);
    }
    return 0;
}

// What changes nothing but a count is passed over at once.
static void skip_plain(struct piece *piece) {
    struct table_check *check = piece->check;
    const char *from = piece->at;
    if (check->state == TABLE_BARE && check->solid)
        while (piece->at < piece->end && *piece->at != check->separator && !ends_line(*piece->at))
            piece->at++;
    else if (check->state == TABLE_QUOTED)
        while (piece->at < piece->end && *piece->at != '"' && *piece->at != '\n')
            piece->at++;
    check->cell_bytes += (uint64_t)(piece->at - from);
}

static int walk(struct piece *piece, struct err *err) {
    while (piece->at < piece->end) {
        skip_plain(piece);
        if (piece->at == piece->end)
            break;
        char byte = *piece->at++;
        TRY(take_byte(piece, byte, err));
    }
    return 0;
}

static int finish(struct table_check *check, struct err *err) {
    struct piece none = {.check = check};
    if (check->state == TABLE_QUOTED)
        return REFUSE(check->quote, err, "a quote that is not closed%s", "");
    return check->state == TABLE_ROW || check->state == TABLE_CR ? 0 : end_row(&none, err);
}

static size_t skip_mark(struct table_check *check, const char *bytes, size_t count) {
    static const char mark[] = "\xef\xbb\xbf";
    bool there = !check->begun && count >= 3 && memcmp(bytes, mark, 3) == 0;
    check->begun = true;
    return there ? 3 : 0;
}

ssize_t table_check_feed(struct table_check *check, const char *bytes, size_t count, bool last, struct err *err) {
    if (!last && count < CHARACTER_BYTES)
        return 0;
    size_t good = utf8_first_bad(bytes, count), skipped = skip_mark(check, bytes, count);
    // The rest may be a character whose end is still to come.
    bool cut = !last && count - good < CHARACTER_BYTES;
    const char *nul = memchr(bytes, 0, good);
    struct piece piece = {check, bytes + skipped, nul ? nul : bytes + good, bytes + skipped};
    TRY(walk(&piece, err));
    struct table_place place = place_of(&piece, piece.end);
    if (nul)
        return REFUSE(place, err, "a NUL byte, which no text has%s", "");
    if (good < count && !cut)
        return REFUSE(place, err, "byte 0x%02x is not UTF-8 (%s)", (unsigned)(uint8_t)bytes[good],
                      text_encoding_remedy(bytes + good, count - good));
    check->characters += characters(piece.line, piece.end);
    TRY(last ? finish(check, err) : 0);
    return (ssize_t)good;
}

// ---- files ----

static ssize_t read_more(int fd, char *to, size_t room, off_t offset, struct err *err) {
    for (;;) {
        ssize_t got = pread(fd, to, room, offset);
        if (got >= 0 || errno != EINTR)
            return got < 0 ? err_sys(err, REASON_INFRA, "reading a text table") : got;
    }
}

int dataset_table_check(int fd, char separator, bool header, struct err *err) {
    auto_free char *buffer = malloc(PIECE_BYTES);
    struct table_check check;
    size_t kept = 0;
    off_t offset = 0;
    if (!buffer)
        return err_set(err, REASON_INFRA, "out of memory for a text table");
    table_check_open(&check, separator, header);
    for (;;) {
        ssize_t got = read_more(fd, buffer + kept, PIECE_BYTES - kept, offset, err);
        TRY(got);
        size_t count = kept + (size_t)got;
        ssize_t taken = table_check_feed(&check, buffer, count, got == 0, err);
        TRY(taken);
        if (got == 0)
            return 0;
        kept = count - (size_t)taken;
        memmove(buffer, buffer + taken, kept);
        offset += got;
    }
}
