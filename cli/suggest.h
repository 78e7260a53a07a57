/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "did you mean": the nearest of the words offered, if it is near enough to be a slip of the fingers.
 *
 *     struct suggest suggest;
 *     suggest_init(&suggest, typed);
 *     suggest_offer(&suggest, "run"); ...
 *     const char *best = suggest_best(&suggest);
 *
 * Distance: insertions, deletions, substitutions and swaps of neighbours; a difference of case alone costs nothing.
 * Near enough is a third of the length, at least one. `typed` is borrowed.
 */
#ifndef QUERN_CLI_SUGGEST_H
#define QUERN_CLI_SUGGEST_H

#include <stddef.h>

#define SUGGEST_MAX_BYTES 256 /* longer words are not compared */

struct suggest {
    const char *typed;
    size_t distance;
    char best[SUGGEST_MAX_BYTES];
};

size_t suggest_distance(const char *a, const char *b);
void suggest_init(struct suggest *suggest, const char *typed);
void suggest_offer(struct suggest *suggest, const char *word);
const char *suggest_best(const struct suggest *suggest); /* NULL: nothing is near */

#endif
