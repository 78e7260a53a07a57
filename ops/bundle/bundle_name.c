// SPDX-License-Identifier: Apache-2.0
#include "bundle_parts.h"

#include <ctype.h>
#include <string.h>

#include "quern/utf8.h"

void bundle_name_show(const char *name, size_t bytes, char shown[BUNDLE_SHOWN_BYTES]) {
    static const char more[] = "...";
    size_t room = BUNDLE_SHOWN_BYTES - 2 - sizeof more, used = 0;
    shown[used++] = '"';
    for (size_t i = 0; i < bytes && used < room; i++) {
        unsigned char c = (unsigned char)name[i];
        shown[used++] = c < 0x20 || c > 0x7e ? '?' : (char)c;
    }
    snprintf(shown + used, BUNDLE_SHOWN_BYTES - used, "%s\"", bytes > room - 1 ? more : "");
}

static int refuse(const struct bundle_name *name, const char *why, struct err *err) {
    return err_set(err, REASON_BAD_INPUT, "Script Bundle: %s: expected %s", name->shown, why);
}

static int check_characters(const struct bundle_name *name, size_t bytes, struct err *err) {
    if (!utf8_ok(name->text, bytes))
        return refuse(name, "a name in UTF-8", err);
    if (!utf8_printable(name->text, bytes))
        return refuse(name, "a name without control characters", err);
    return 0;
}

static int check_start(const struct bundle_name *name, struct err *err) {
    const char *text = name->text;
    if (text[0] == '\0')
        return refuse(name, "a name", err);
    if (text[0] == '/')
        return refuse(name, "a relative name", err);
    if (isalpha((unsigned char)text[0]) && text[1] == ':')
        return refuse(name, "a name without a drive letter", err);
    return 0;
}

static int take_part(struct bundle_name *name, const char *part, struct err *err) {
    if (part[0] == '\0' || strcmp(part, ".") == 0)
        return 0;
    if (strcmp(part, "..") == 0)
        return refuse(name, "a name without ..", err);
    if (strlen(part) > BUNDLE_PART_BYTES)
        return refuse(name, "at most 255 bytes between slashes", err);
    if (name->parts == BUNDLE_MAX_PARTS)
        return refuse(name, "at most 31 folders in each other", err);
    name->part[name->parts++] = part;
    return 0;
}

static int split(struct bundle_name *name, struct err *err) {
    char *part = name->text;
    for (char *slash; (slash = strchr(part, '/')); part = slash + 1) {
        *slash = '\0';
        TRY(take_part(name, part, err));
    }
    name->folder = *part == '\0' || strcmp(part, ".") == 0;
    return take_part(name, part, err);
}

int bundle_name_read(const char *text, struct bundle_name *ret, struct err *err) {
    size_t bytes = strlen(text);
    ret->parts = 0;
    bundle_name_show(text, bytes, ret->shown);
    if (bytes >= sizeof ret->text)
        return refuse(ret, "a name of at most 1023 bytes", err);
    for (size_t i = 0; i <= bytes; i++)
        ret->text[i] = text[i] == '\\' ? '/' : text[i];
    TRY(check_characters(ret, bytes, err));
    TRY(check_start(ret, err));
    TRY(split(ret, err));
    if (ret->parts == 0 && !ret->folder)
        return refuse(ret, "a name", err);
    return 0;
}
