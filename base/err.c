// SPDX-License-Identifier: Apache-2.0
#include "quern/err.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word;
    enum err_kind kind;
    int exit_code;
} reasons[REASON_COUNT] = {
#define REASON(NAME, word, kind, exit_code, text) [REASON_##NAME] = {word, kind, exit_code},
#include "../schemas/words.def"
#undef REASON
};

__attribute__((format(printf, 4, 0))) static void err_format(struct err *err, enum reason reason, int sys,
                                                             const char *format, va_list arguments) {
    *err = (struct err){.reason = reason, .sys = sys};
    int used = vsnprintf(err->msg, sizeof err->msg, format, arguments);
    if (sys && used >= 0 && (size_t)used < sizeof err->msg)
        snprintf(err->msg + used, sizeof err->msg - (size_t)used, ": %s", strerror(sys));
}

void err_fill(struct err *err, enum reason reason, const char *format, ...) {
    if (!err)
        return;
    va_list arguments;
    va_start(arguments, format);
    err_format(err, reason, 0, format, arguments);
    va_end(arguments);
}

void err_fill_sys(struct err *err, enum reason reason, const char *format, ...) {
    int sys = errno;
    if (!err)
        return;
    va_list arguments;
    va_start(arguments, format);
    err_format(err, reason, sys, format, arguments);
    va_end(arguments);
}

static enum reason err_reason(const struct err *err) {
    return err->reason < REASON_COUNT ? (enum reason)err->reason : REASON_BUG;
}

enum err_kind err_kind(const struct err *err) { return reasons[err_reason(err)].kind; }

int err_exit_code(const struct err *err) { return reasons[err_reason(err)].exit_code; }

const char *reason_word(enum reason reason) { return reason < REASON_COUNT ? reasons[reason].word : "bug"; }

void err_word(const struct err *err, char word[REASON_WORD_BYTES]) {
    enum reason reason = err_reason(err);
    const char *name = reason == REASON_SIGNAL ? sigabbrev_np(err->detail) : NULL;
    if (name)
        snprintf(word, REASON_WORD_BYTES, "signal:SIG%s", name);
    else if (reason == REASON_EXIT || reason == REASON_SIGNAL)
        snprintf(word, REASON_WORD_BYTES, "%s:%d", reasons[reason].word, err->detail);
    else
        snprintf(word, REASON_WORD_BYTES, "%s", reasons[reason].word);
}

void err_distrust(struct err *err) {
    err->reason = err_reason(err);
    err->msg[sizeof err->msg - 1] = '\0';
    for (char *c = err->msg; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}
