// SPDX-License-Identifier: Apache-2.0
#include "cli/verdict.h"

#include <string.h>

#include "cli/refusal.h"

static const struct {
    const char *sign;
    enum terminal_style style;
    bool ended;
} looks[JOB_STATE_COUNT] = {
    [JOB_BLOCKED] = {"◌", TERMINAL_DIM, false},     [JOB_DELAYED] = {"◷", TERMINAL_DIM, false},
    [JOB_QUEUED] = {"○", TERMINAL_PLAIN, false},    [JOB_RUNNING] = {"▶", TERMINAL_BOLD, false},
    [JOB_SUCCEEDED] = {"✓", TERMINAL_GREEN, true},  [JOB_FAILED] = {"✕", TERMINAL_RED, true},
    [JOB_CANCELLED] = {"⊘", TERMINAL_YELLOW, true},
};

bool verdict_ended(enum job_state state) { return looks[state].ended; }
const char *verdict_sign(enum job_state state) { return looks[state].sign; }
enum terminal_style verdict_style(enum job_state state) { return looks[state].style; }

void verdict_say(enum job_state state, struct terminal *terminal) {
    terminal_style(terminal, looks[state].style);
    terminal_say(terminal, "%s %s", looks[state].sign, job_state_name(state));
    terminal_style(terminal, TERMINAL_PLAIN);
}

// A reason stands as it is ("limit:time") or with what it is about behind it ("exit:75").
enum reason verdict_reason(const char *word) {
    size_t stem = strcspn(word, ":");
    enum reason found = REASON_BUG;
    for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
        const char *own = reason_word(reason);
        if (strcmp(own, word) == 0)
            return reason;
        if (strlen(own) == stem && strncmp(own, word, stem) == 0)
            found = reason;
    }
    return found;
}

int verdict_code(enum job_state state, const char *why) {
    if (state == JOB_SUCCEEDED)
        return 0;
    return refusal_code(state == JOB_CANCELLED ? REASON_CANCELLED : verdict_reason(why));
}
