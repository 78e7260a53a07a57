// SPDX-License-Identifier: Apache-2.0
#include "cli/findings.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cli/record_json.h"
#include "quern/own.h"

static const struct {
    const char *word, *sign;
    enum terminal_style style;
} levels[] = {
    [FINDING_GOOD] = {"good", "✓", TERMINAL_GREEN},
    [FINDING_WARNING] = {"warning", "!", TERMINAL_YELLOW},
    [FINDING_FAULT] = {"fault", "✕", TERMINAL_RED},
};

void findings_begin(struct findings *findings, bool json) {
    *findings = (struct findings){.list = json ? json_array() : NULL};
    findings->failed = json && !findings->list;
    terminal_open(&findings->out, stdout, TERMINAL_COLOUR_AUTO);
}

static void add(struct findings *findings, const struct finding *finding, const char *text) {
    json_t *entry =
        json_pack("{s:s, s:s, s:o, s:o}", "what", finding->what, "level", levels[finding->level].word, "text",
                  record_json_text(text), "remedy", finding->remedy ? record_json_text(finding->remedy) : json_null());
    findings->failed |= json_array_append_new(findings->list, entry) < 0;
}

static void say(struct findings *findings, const struct finding *finding, const char *text) {
    struct terminal *out = &findings->out;
    terminal_style(out, levels[finding->level].style);
    terminal_say(out, "%s", levels[finding->level].sign);
    terminal_style(out, TERMINAL_PLAIN);
    terminal_say(out, " %-9s %s\n", finding->what, text);
    if (finding->remedy)
        terminal_say(out, "  %-9s remedy: %s\n", "", finding->remedy);
    fflush(out->file);
}

void finding(struct findings *findings, const struct finding *finding, const char *format, ...) {
    auto_free char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int count = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (count < 0)
        text = NULL;
    if (finding->level == FINDING_FAULT && findings->code == 0)
        findings->code = refusal_code(finding->reason);
    if (findings->list)
        add(findings, finding, text ? text : "");
    else
        say(findings, finding, text ? text : "");
}

int findings_end(struct findings *findings) {
    struct refusal refusal;
    if (!findings->list && !findings->failed)
        return findings->code;
    json_t *object = findings->failed ? NULL : json_pack("{s:i, s:O}", "schema", 1, "findings", findings->list);
    json_decref(findings->list);
    return record_json_print(object, true, &refusal) < 0 ? refusal_print(&refusal, stderr) : findings->code;
}
