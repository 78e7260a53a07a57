// SPDX-License-Identifier: Apache-2.0
// `quern init [DIR|FILE]`: a script to begin with, and the types of the module `quern` where editors look for them.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/templates.h"
#include "cli/terminal.h"
#include "cli/verbs.h"
#include "quern/own.h"
#include "quern/write.h"

#define TYPES "typings/quern"

struct places {
    char directory[PATH_MAX];
    char script[PATH_MAX]; // the path as it is told
};

static int join(char path[PATH_MAX], const char *directory, const char *name, struct refusal *refusal) {
    bool here = strcmp(directory, ".") == 0;
    size_t bytes = strlen(directory);
    const char *slash = here || (bytes && directory[bytes - 1] == '/') ? "" : "/";
    if (snprintf(path, PATH_MAX, "%s%s%s", here ? "" : directory, slash, name) >= PATH_MAX)
        return refuse(refusal, REASON_USAGE, "DIR: expected a shorter path");
    return 0;
}

static bool is_script(const char *word) {
    size_t bytes = strlen(word);
    return bytes > 3 && strcmp(word + bytes - 3, ".py") == 0;
}

static int find_places(const char *word, struct places *ret, struct refusal *refusal) {
    if (strlen(word) >= PATH_MAX)
        return refuse(refusal, REASON_USAGE, "DIR: expected a shorter path");
    memcpy(ret->directory, word, strlen(word) + 1);
    if (!is_script(word))
        return join(ret->script, word, "script.py", refusal);
    memcpy(ret->script, word, strlen(word) + 1);
    char *slash = strrchr(ret->directory, '/');
    if (!slash)
        memcpy(ret->directory, ".", 2);
    else
        slash[slash == ret->directory] = '\0';
    return 0;
}

// All directories of a path.
static int make_directories(const char *path, struct refusal *refusal) {
    char part[PATH_MAX];
    for (const char *at = path; at; at = strchr(at + 1, '/')) {
        const char *end = strchr(at + 1, '/');
        snprintf(part, sizeof part, "%.*s", end ? (int)(end - path) : PATH_MAX, path);
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            return refuse(refusal, REASON_USAGE, "%s: %s", part, strerror(errno));
    }
    return 0;
}

static int write_file(const char *path, const char *text, int how, struct refusal *refusal) {
    auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);
    if (fd < 0 && errno == EEXIST) {
        refuse(refusal, REASON_USAGE, "'%s' is there already, and is left as it is", path);
        refusal_advise(refusal, "name another one: quern init other.py; only the types: quern init --types");
        return -1;
    }
    if (fd < 0)
        return refuse(refusal, REASON_USAGE, "%s: %s", path, strerror(errno));
    return write_all(fd, text, strlen(text)) < 0 ? refuse(refusal, REASON_USAGE, "%s: %s", path, strerror(errno)) : 0;
}

// They are ours and grow with each version: what is there is replaced.
static int write_types(const struct places *places, char path[PATH_MAX], struct refusal *refusal) {
    char directory[PATH_MAX], marker[PATH_MAX];
    TRY(join(directory, places->directory, TYPES, refusal));
    TRY(make_directories(directory, refusal));
    TRY(join(marker, directory, "py.typed", refusal));
    TRY(join(path, directory, "__init__.pyi", refusal));
    TRY(write_file(marker, "", O_TRUNC, refusal));
    return write_file(path, template_types, O_TRUNC, refusal);
}

static int init(const struct command_line *line, struct refusal *refusal) {
    struct places places;
    struct terminal out;
    char types[PATH_MAX];
    bool only_types = command_given(line, "--types") != NULL;
    terminal_open(&out, stdout, TERMINAL_COLOUR_AUTO);
    TRY(find_places(line->operand_count ? line->operands[0] : ".", &places, refusal));
    TRY(make_directories(places.directory, refusal));
    if (!only_types)
        TRY(write_file(places.script, template_script, O_EXCL, refusal));
    TRY(write_types(&places, types, refusal));
    if (!only_types)
        terminal_say(&out, "%s  a script to begin with\n", places.script);
    terminal_say(&out, "%s  the types of the module quern, which editors find there\n", types);
    if (!only_types)
        terminal_say(&out, "next:\n  quern check %s\n  quern run %s\n  quern run %s --dataframe1 table.csv -o out\n",
                     places.script, places.script, places.script);
    return 0;
}

int verb_init(const struct command_line *line) {
    struct refusal refusal = {0};
    return init(line, &refusal) < 0 ? refusal_print(&refusal, stderr) : 0;
}
