// SPDX-License-Identifier: Apache-2.0
#include "quern/object.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *word, *suffix, *content_type;
} kinds[OBJECT_KIND_COUNT] = {
#define OBJECT(NAME, word, suffix, content_type, what) [OBJECT_##NAME] = {word, suffix, content_type},
#include "../schemas/objects.def"
#undef OBJECT
};

static const struct {
    const char *suffix, *content_type;
} contents[] = {
#define CONTENT(suffix, content_type) {suffix, content_type},
#include "../schemas/objects.def"
#undef CONTENT
};

const char *object_word(uint32_t kind) { return kind < OBJECT_KIND_COUNT ? kinds[kind].word : "?"; }

enum object_kind object_of_word(const char *word) {
    for (int kind = 0; kind < OBJECT_KIND_COUNT; kind++)
        if (strcmp(kinds[kind].word, word) == 0)
            return (enum object_kind)kind;
    return OBJECT_KIND_COUNT;
}

enum object_kind object_of_version(const char *version) {
    const char *dot = strchr(version, '.');
    enum object_kind kind = dot ? object_of_word(dot + 1) : OBJECT_DATASET;
    return kind < OBJECT_KIND_COUNT ? kind : OBJECT_DATASET;
}

static bool ends_with(const char *text, const char *end) {
    size_t bytes = strlen(text), own = strlen(end);
    return own > 0 && bytes >= own && strcasecmp(text + bytes - own, end) == 0;
}

enum object_kind object_of_file(const char *path) {
    for (int kind = OBJECT_DATASET + 1; kind < OBJECT_KIND_COUNT; kind++)
        if (ends_with(path, kinds[kind].suffix))
            return (enum object_kind)kind;
    return ends_with(path, ".pkl") ? OBJECT_PICKLE : OBJECT_FILE;
}

const char *object_content_type(uint32_t kind, const char *name) {
    for (size_t i = 0; kind == OBJECT_FILE && i < sizeof contents / sizeof *contents; i++)
        if (ends_with(name, contents[i].suffix))
            return contents[i].content_type;
    return kind < OBJECT_KIND_COUNT ? kinds[kind].content_type : "application/octet-stream";
}

// Text and bytes have many suffixes: the name's own one stays.
static bool has_suffix(uint32_t kind, const char *name) {
    if (kind == OBJECT_TEXT || kind == OBJECT_BYTES)
        return strchr(name, '.') != NULL;
    return kind >= OBJECT_KIND_COUNT || ends_with(name, kinds[kind].suffix) || object_of_file(name) == kind;
}

const char *object_file_name(uint32_t kind, const char *name, char *text, size_t room) {
    snprintf(text, room, "%s%s", name, has_suffix(kind, name) ? "" : kinds[kind].suffix);
    return text;
}
