// SPDX-License-Identifier: Apache-2.0
#include "quern/inifile.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

// inih goes on after an error: only the first one counts. 0 is what an inih handler returns for "no".
int inifile_refuse(struct inifile *inifile, const char *format, ...) {
    char text[512];
    va_list arguments;
    if (inifile->failed)
        return 0;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    inifile->failed = true;
    err_fill(inifile->err, REASON_CONFIG, "%s: line %u: %s", inifile->name, inifile->line, text);
    return 0;
}

// inih's fgets: one line per call, counted and measured.
static char *next_line(char *line, int size, void *stream) {
    struct inifile *inifile = stream;
    if (inifile->failed || !*inifile->rest)
        return NULL;
    size_t bytes = strcspn(inifile->rest, "\n");
    inifile->line++;
    if (bytes > INIFILE_LINE_BYTES || bytes + 2 > (size_t)size) {
        inifile_refuse(inifile, "expected at most %d bytes, found %zu", INIFILE_LINE_BYTES, bytes);
        return NULL;
    }
    size_t blanks = strspn(inifile->rest, " \t");
    inifile->continues = blanks && blanks < bytes && !strchr(";#\r", inifile->rest[blanks]);
    if (inifile->continues && !inifile->goes_on) {
        inifile_refuse(inifile, "expected a key at the start of the line, found a blank");
        return NULL;
    }
    snprintf(line, (size_t)size, "%.*s\n", (int)bytes, inifile->rest);
    inifile->rest += bytes + (inifile->rest[bytes] == '\n');
    return line;
}

static int on_pair(void *user, const char *section, const char *key, const char *value) {
    struct inifile *inifile = user;
    inifile->goes_on = inifile->many_lines && strcmp(key, inifile->many_lines) == 0;
    return inifile->failed ? 0 : inifile->take(inifile, inifile->context, section, key, value);
}

int inifile_read(const char *name, const char *text, const char *many_lines, inifile_take_fn *take, void *context,
                 struct err *err) {
    struct inifile inifile = {
        .name = name, .rest = text, .err = err, .many_lines = many_lines, .take = take, .context = context};
    int line = ini_parse_stream(next_line, &inifile, on_pair, &inifile);
    if (!inifile.failed && line != 0) {
        inifile.line = line > 0 ? (uint32_t)line : inifile.line;
        inifile_refuse(&inifile, "expected `key = value`, `[section]` or a comment");
    }
    return inifile.failed ? -1 : 0;
}
