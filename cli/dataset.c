// SPDX-License-Identifier: Apache-2.0
// `quern dataset` alone, which only `quern dataset -- put` can be: the second word stands behind the first one.
#include "cli/verbs.h"

int verb_dataset(const struct command_line *line) {
    struct refusal refusal;
    refuse(&refusal, REASON_USAGE, "quern dataset: expected '%s' right behind 'dataset'", line->operands[0]);
    refusal_advise(&refusal, "its use: quern help dataset %s", line->operands[0]);
    return refusal_print(&refusal, stderr);
}
