// SPDX-License-Identifier: Apache-2.0
#include "cli/limits_told.h"

#include <string.h>

#include "cli/member.h"

void limits_told_record(const json_t *manifest, struct terminal *terminal) {
    const json_t *limits = json_object_get(manifest, "limits"), *from = json_object_get(manifest, "limits_from");
    const char *before = "  limits: ";
    char text[LIMITS_TEXT_BYTES];
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++) {
        const char *origin = member_text(from, limits_table[row].name);
        uint64_t value = member_count(limits, limits_table[row].name);
        if (!*origin || !value)
            continue;
        terminal_say(terminal, "%s%s %s (%s)", before, limits_table[row].key, limits_show(row, value, text), origin);
        before = ", ";
    }
    if (*before == ',')
        terminal_say(terminal, "\n");
}

/* ---- of an environment ---- */

struct said {
    struct job_limits defaults;
    uint8_t origins[LIMITS_COUNT];
};

static void settle(const struct environment *environment, struct said *ret) {
    *ret = (struct said){.origins = {0}};
    limits_settle(&ret->defaults, &(struct limits_layers){.environment = environment->limits}, limits_cores(),
                  ret->origins);
}

// "4G, at most 8G"; "4G" where it has no bound of its own.
static void describe(const struct environment *environment, const struct said *said, enum limit_row row, char *text,
                     size_t room) {
    char usual[LIMITS_TEXT_BYTES], bound[LIMITS_TEXT_BYTES];
    uint64_t most = limits_get(&environment->limits.most, row);
    limits_show(row, limits_get(&said->defaults, row), usual);
    snprintf(text, room, "%s%s%s", usual, most ? ", at most " : "", most ? limits_show(row, most, bound) : "");
}

void limits_told_environment(const struct environment *environment, struct terminal *terminal) {
    struct said said;
    settle(environment, &said);
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++) {
        char text[3 * LIMITS_TEXT_BYTES];
        describe(environment, &said, row, text, sizeof text);
        terminal_say(terminal, "%-9s %-14s %s%s\n", row ? "" : "limits", limits_table[row].key, text,
                     said.origins[row] == LIMIT_USUAL ? "" : "  (its own)");
    }
}

json_t *limits_told_json(const struct environment *environment) {
    struct said said;
    json_t *object = json_object();
    settle(environment, &said);
    for (enum limit_row row = 0; object && row < LIMITS_COUNT; row++) {
        uint64_t most = limits_get(&environment->limits.most, row);
        json_t *limit = json_pack("{s:I, s:s, s:o}", "default", (json_int_t)limits_get(&said.defaults, row), "from",
                                  limit_origin_word(said.origins[row]), "most",
                                  most ? json_integer((json_int_t)most) : json_null());
        json_object_set_new(object, limits_table[row].name, limit);
    }
    return object;
}

bool limits_told_brief(const struct environment *environment, char text[LIMITS_TOLD_BYTES]) {
    struct said said;
    size_t used = 0;
    settle(environment, &said);
    text[0] = '\0';
    for (enum limit_row row = 0; row < LIMITS_COUNT && used < LIMITS_TOLD_BYTES; row++) {
        char one[3 * LIMITS_TEXT_BYTES];
        if (said.origins[row] == LIMIT_USUAL && !limits_get(&environment->limits.most, row))
            continue;
        describe(environment, &said, row, one, sizeof one);
        used += (size_t)snprintf(text + used, LIMITS_TOLD_BYTES - used, "%s%s %s", used ? "; " : "",
                                 limits_table[row].key, one);
    }
    return used > 0;
}
