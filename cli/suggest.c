// SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static bool same(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

// One row of the distance table; swaps of neighbours look two rows back.
static void fill_row(const char *a, const char *b, size_t i, size_t columns, const size_t *above2, const size_t *above,
                     size_t *row) {
    row[0] = i;
    for (size_t j = 1; j <= columns; j++) {
        size_t replaced = above[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
        row[j] = least(least(above[j] + 1, row[j - 1] + 1), replaced);
        if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
            row[j] = least(row[j], above2[j - 2] + 1);
    }
}

size_t suggest_distance(const char *a, const char *b) {
    size_t rows = strlen(a), columns = strlen(b);
    if (rows >= SUGGEST_MAX_BYTES || columns >= SUGGEST_MAX_BYTES)
        return SUGGEST_MAX_BYTES;
    size_t table[3][SUGGEST_MAX_BYTES] = {{0}};
    for (size_t j = 0; j <= columns; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= rows; i++)
        fill_row(a, b, i, columns, table[(i + 1) % 3], table[(i + 2) % 3], table[i % 3]);
    return table[rows % 3][columns];
}

void suggest_init(struct suggest *suggest, const char *typed) {
    size_t near = strlen(typed) / 3;
    *suggest = (struct suggest){.typed = typed, .distance = (near ? near : 1) + 1};
}

void suggest_offer(struct suggest *suggest, const char *word) {
    size_t distance = suggest_distance(suggest->typed, word);
    if (distance >= suggest->distance || strlen(word) >= sizeof suggest->best)
        return;
    suggest->distance = distance;
    snprintf(suggest->best, sizeof suggest->best, "%s", word);
}

const char *suggest_best(const struct suggest *suggest) { return *suggest->best ? suggest->best : NULL; }
