/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of what stands under a key: schemas/objects.def made code. A dataset is a table; everything else is an object
 * whose bytes nobody but the script of a job makes anything of, in its jail.
 *
 * Plain functions over constants; nothing is owned, nothing fails.
 */
#ifndef QUERN_OBJECT_H
#define QUERN_OBJECT_H

#include <stddef.h>
#include <stdint.h>

enum object_kind {
#define OBJECT(NAME, word, suffix, content_type, what) OBJECT_##NAME,
#include "../../schemas/objects.def"
#undef OBJECT
    OBJECT_KIND_COUNT
};

/* "pickle"; "?" for no kind. */
const char *object_word(uint32_t kind);

/* The kind that a word names; OBJECT_KIND_COUNT: none. */
enum object_kind object_of_word(const char *word);

/* By the version's end. DATASET for one without, which may also be a file that no kind was said of. */
enum object_kind object_of_version(const char *version);

/* By the name of a file that is no table: .pickle and .pkl, .joblib, .json, .txt, .bin; FILE for any other. */
enum object_kind object_of_file(const char *path);

/* "application/json"; of a FILE by its name. */
const char *object_content_type(uint32_t kind, const char *name);

/* What the file of an output is called: its name, with the suffix of its kind unless it has one. Returns `text`. */
const char *object_file_name(uint32_t kind, const char *name, char *text, size_t room);

#endif
