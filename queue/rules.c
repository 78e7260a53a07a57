// SPDX-License-Identifier: Apache-2.0
#include "queue/rules.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quern/own.h"
#include "quern/queue_client.h"

static bool exit_code(const char *text) {
    char *end = NULL;
    return text[0] >= '0' && text[0] <= '9' && strtoul(text, &end, 10) <= 255 && *end == '\0' && end - text <= 3;
}

static bool signal_name(const char *text) {
    for (int number = 1; number < NSIG && strncmp(text, "SIG", 3) == 0; number++) {
        const char *name = sigabbrev_np(number);
        if (name && strcmp(text + 3, name) == 0)
            return true;
    }
    return false;
}

// What one attempt can end with. The queue's own endings (poison, dependency, cancelled) are not among them.
static bool known(const char *rule) {
    static const enum reason plain[] = {
        REASON_EXCEPTION,       REASON_EXIT,      REASON_SIGNAL,           REASON_BAD_INPUT,  REASON_BAD_RESULT,
        REASON_LIMIT_TIME,      REASON_LIMIT_CPU, REASON_LIMIT_MEMORY,     REASON_LIMIT_DISK, REASON_LIMIT_OUTPUT,
        REASON_LIMIT_PROCESSES, REASON_LOST,      REASON_LIMIT_OPEN_FILES,
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(rule, reason_word(plain[i])) == 0)
            return true;
    if (strncmp(rule, "exit:", 5) == 0)
        return exit_code(rule + 5);
    if (strncmp(rule, "signal:", 7) == 0)
        return signal_name(rule + 7);
    return strcmp(rule, "limit") == 0;
}

int rules_check(const char *rules, struct err *err) {
    size_t bytes = strnlen(rules, QUEUE_RULES_BYTES);
    if (bytes >= QUEUE_RULES_BYTES)
        return err_set(err, REASON_BAD_INPUT, "retry-on: expected at most %d bytes", QUEUE_RULES_BYTES - 1);
    for (const char *at = rules; *at;) {
        char rule[QUEUE_RULES_BYTES];
        size_t length = strcspn(at, ",");
        memcpy(rule, at, length);
        rule[length] = '\0';
        if (!known(rule)) {
            err_fill(err, REASON_BAD_INPUT,
                     "retry-on: expected reasons such as exit:75, signal:SIGSEGV, limit:memory, exception or lost, "
                     "found \"%.100s\"",
                     rule);
            if (err)
                err_distrust(err);
            return -1;
        }
        at += length;
        at += *at == ',';
    }
    return 0;
}
