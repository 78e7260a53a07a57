// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

enum { PORTS_SHOWN = 2 };

static void each_word(enum command_id verb, const struct flag *flag, completion_flag_fn *print) {
    char word[64];
    if (flag->kind != COMMAND_PORT && flag->kind != COMMAND_COLUMNS) {
        print(verb, flag, flag->word);
        return;
    }
    for (int port = 1; port <= PORTS_SHOWN; port++) {
        snprintf(word, sizeof word, "%.*s%d", (int)strlen(flag->word) - 1, flag->word, port);
        print(verb, flag, word);
    }
}

void completion_each_flag(enum command_id verb, completion_flag_fn *print) {
    for (enum flag_id id = 0; id < FLAG_COUNT; id++)
        if (flag_belongs(&flags[id], verb))
            each_word(verb, &flags[id], print);
}

void completion_choices(const char *choices) {
    size_t bytes;
    const char *word;
    for (size_t i = 0; (word = command_choice(choices, i, &bytes)); i++)
        printf("%s%.*s", i ? " " : "", (int)bytes, word);
}

void completion_verbs(void) {
    for (enum command_id id = COMMAND_ID_ANY + 1; id < COMMAND_ID_COUNT; id++)
        if (!command_second_word(id))
            printf("%s%s", id > COMMAND_ID_ANY + 1 ? " " : "", commands[id].verb);
}

bool completion_takes_path(enum command_kind kind) {
    return kind == COMMAND_INPUT || kind == COMMAND_PORT || kind == COMMAND_FILE;
}

const char *completion_live(enum command_kind kind) {
    switch ((int)kind) {
    case COMMAND_JOB:
    case COMMAND_JOBS:
        return "jobs";
    case COMMAND_JOB_LIVE:
        return "jobs-live";
    case COMMAND_JOB_ENDED:
        return "jobs-ended";
    case COMMAND_JOB_FAILED:
        return "jobs-failed";
    case COMMAND_KEY:
    case COMMAND_INPUT:
    case COMMAND_PORT:
        return "keys";
    case COMMAND_QUEUE:
    case COMMAND_QUEUES:
        return "queues";
    case COMMAND_WORKER:
        return "workers";
    case COMMAND_ENVIRONMENT:
        return "environments";
    default:
        return NULL;
    }
}
