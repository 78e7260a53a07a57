// SPDX-License-Identifier: Apache-2.0
#include "manifest_error.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_SCRIPT = 85, NUMBER_MEMORY = 138, SENTENCE_BYTES = HOST_VALUE_BYTES + 128 };

// A result is bad by our own sentence, or by an exception in a line of the script that ran when the result was written.
bool manifest_raised(const struct manifest *manifest) {
    enum reason reason = (enum reason)manifest->err.reason;
    return manifest->exception[0] &&
           (reason == REASON_EXCEPTION || reason == REASON_EXIT || (reason == REASON_BAD_RESULT && manifest->line > 0));
}

uint32_t manifest_error_number(const struct manifest *manifest) {
    switch (manifest->err.reason) {
    case REASON_EXCEPTION:
    case REASON_BAD_RESULT:
        return NUMBER_SCRIPT;
    case REASON_EXIT:
        return manifest_raised(manifest) ? NUMBER_SCRIPT : 0;
    case REASON_BAD_INPUT:
        return manifest->error_number;
    case REASON_LIMIT_MEMORY:
        return NUMBER_MEMORY;
    default:
        return 0;
    }
}

void manifest_message(const struct manifest *manifest, char *text, size_t room) {
    bool raised = manifest_raised(manifest);
    snprintf(text, room, "%.255s%s%.1023s", raised ? manifest->exception : "", raised ? ": " : "", manifest->err.msg);
}

static bool is_classic(const struct manifest *manifest) {
    return manifest->dialect == HOST_CLASSIC || manifest->dialect == HOST_STUDIO;
}

// What the designer says of a script names a line of azureml_main only, whatever else `line` knows.
static void designer_sentence(const struct manifest *manifest, char text[SENTENCE_BYTES]) {
    char message[ERR_MSG_BYTES + HOST_NAME_BYTES + 4];
    manifest_message(manifest, message, sizeof message);
    if (!manifest_raised(manifest))
        snprintf(text, SENTENCE_BYTES, "%s", message);
    else if (manifest->in_entry)
        snprintf(text, SENTENCE_BYTES, "Got exception when invoking script at line %u in function azureml_main: '%s'.",
                 manifest->line, message);
    else
        snprintf(text, SENTENCE_BYTES, "Got exception when invoking script: '%s'.", message);
}

static void sentence_of(const struct manifest *manifest, char text[SENTENCE_BYTES]) {
    size_t bytes = strlen(manifest->traceback);
    while (bytes > 0 && manifest->traceback[bytes - 1] == '\n')
        bytes--;
    if (is_classic(manifest) && bytes)
        snprintf(text, SENTENCE_BYTES, "Caught exception while executing function: %.*s", (int)bytes,
                 manifest->traceback);
    else
        designer_sentence(manifest, text);
}

// The two blanks before "interpreter" in the last line are the original's.
static int block_of(const char *sentence, char *text, size_t room) {
    return snprintf(text, room,
                    "Error 0085: The following error occurred during script evaluation, please view the output log for "
                    "more information:\n"
                    "---------- Start of error message from Python interpreter ----------\n"
                    "%s\n"
                    "---------- End of error message from Python  interpreter  ----------",
                    sentence);
}

// CR LF at the end of lines, as the original's classic services had it.
static void break_lines(const char *text, char ret[MANIFEST_ERROR_BYTES]) {
    size_t used = 0;
    for (; *text && used + 2 < MANIFEST_ERROR_BYTES; text++) {
        if (*text == '\n')
            ret[used++] = '\r';
        ret[used++] = *text;
    }
    ret[used] = '\0';
}

void manifest_error_message(const struct manifest *manifest, char text[MANIFEST_ERROR_BYTES]) {
    char sentence[SENTENCE_BYTES], block[SENTENCE_BYTES + 512];
    uint32_t number = manifest_error_number(manifest);
    sentence_of(manifest, sentence);
    if (number == NUMBER_SCRIPT)
        block_of(sentence, block, sizeof block);
    else if (number == NUMBER_MEMORY)
        snprintf(block, sizeof block, "Error 0138: Memory has been exhausted, unable to complete running of module.");
    else if (number == HOST_ERROR_BUNDLE)
        snprintf(block, sizeof block, "Error 0102: Given ZIP file is not in the correct format.");
    else if (number > 0)
        snprintf(block, sizeof block, "Error %04u: %s", number, sentence);
    else
        snprintf(block, sizeof block, "%s", sentence);
    if (is_classic(manifest))
        break_lines(block, text);
    else
        snprintf(text, MANIFEST_ERROR_BYTES, "%s", block);
}
