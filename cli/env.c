// SPDX-License-Identifier: Apache-2.0
// `quern env` alone, which only `quern env -- ls` can be: the second word stands behind the first one.
#include "cli/verbs.h"

int verb_env(const struct command_line *line) {
    struct refusal refusal;
    refuse(&refusal, REASON_USAGE, "quern env: expected '%s' right behind 'env'", line->operands[0]);
    refusal_advise(&refusal, "its use: quern help env %s", line->operands[0]);
    return refusal_print(&refusal, stderr);
}
