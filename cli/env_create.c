// SPDX-License-Identifier: Apache-2.0
// `quern env create NAME`: a virtual environment, its descriptor, and the proof that jobs can run in it. The descriptor
// comes last: an environment that --env finds is whole.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/change.h"
#include "cli/environments.h"
#include "cli/terminal.h"
#include "cli/venv.h"
#include "cli/verbs.h"
#include "quern/memory.h"
#include "quern/own.h"
#include "quern/prove.h"
#include "quern/write.h"

struct creation {
    const char *name;
    struct venv venv;
    char directory[PATH_MAX];   // of the virtual environment
    char made[PATH_MAX];        // all of them
    char descriptors[PATH_MAX]; // the user's
    char file[PATH_MAX];        // the descriptor
    struct environment base;    // whose interpreter is taken when none is named
    struct environment environment;
    struct terminal notes;
};

/* ---- what is asked for ---- */

static const char *value_of(const struct command_line *line, const char *word) {
    const struct given *given = command_given(line, word);
    return given ? given->value : NULL;
}

static int check_sources(const struct venv *venv, struct refusal *refusal) {
    struct stat status;
    if (!venv->requirements && !venv->wheelhouse) {
        refuse(refusal, REASON_USAGE,
               "quern env create: expected --requirements FILE or --wheelhouse DIR, found neither");
        refusal_advise(refusal, "its use: quern help env create");
        return -1;
    }
    if (venv->requirements && (stat(venv->requirements, &status) < 0 || !S_ISREG(status.st_mode)))
        return refuse(refusal, REASON_USAGE, "--requirements: there is no file '%s'", venv->requirements);
    if (venv->wheelhouse && (stat(venv->wheelhouse, &status) < 0 || !S_ISDIR(status.st_mode)))
        return refuse(refusal, REASON_USAGE, "--wheelhouse: there is no directory '%s'", venv->wheelhouse);
    if (strchr(venv->python, '/') == NULL || access(venv->python, X_OK) < 0)
        return refuse(refusal, REASON_USAGE, "--python: there is no program '%s'; write its path", venv->python);
    return 0;
}

static int check_new(const struct creation *creation, struct refusal *refusal) {
    if (access(creation->file, F_OK) < 0)
        return 0;
    refuse(refusal, REASON_USAGE, "NAME: there is an environment '%s' already: %s", creation->name, creation->file);
    refusal_advise(refusal, "remove it: quern env rm %s", creation->name);
    return -1;
}

// The jobs of root run as somebody else: better said now than after minutes of downloads.
static int check_open(const char *directory, struct refusal *refusal) {
    char path[PATH_MAX];
    struct stat status;
    if (geteuid() != 0)
        return 0;
    snprintf(path, sizeof path, "%s", directory);
    for (char *slash = path + strlen(path); slash > path; slash = strrchr(path, '/')) {
        *slash = '\0';
        if (!*path || stat(path, &status) < 0 || status.st_mode & S_IXOTH)
            continue;
        refuse(refusal, REASON_CONFIG, "%s: jobs cannot enter %s: expected a directory open to others", directory,
               path);
        refusal_advise(refusal, "make the environment elsewhere: XDG_DATA_HOME=/opt quern env create ...");
        return -1;
    }
    return 0;
}

static int take(const struct command_line *line, struct creation *creation, struct refusal *refusal) {
    char directories[PLACES_DESCRIPTORS][PATH_MAX];
    const char *python = value_of(line, "--python");
    creation->name = line->operands[0];
    TRY(environments_check_name("NAME", creation->name, refusal));
    environment_default(&creation->base);
    creation->environment = creation->base;
    creation->venv = (struct venv){.python = python ? python : creation->base.python,
                                   .directory = creation->directory,
                                   .requirements = value_of(line, "--requirements"),
                                   .wheelhouse = value_of(line, "--wheelhouse")};
    TRY(check_sources(&creation->venv, refusal));
    places_descriptors(directories);
    memcpy(creation->descriptors, *directories[0] ? directories[0] : directories[1], sizeof creation->descriptors);
    snprintf(creation->file, sizeof creation->file, "%.3900s/%s" PLACES_SUFFIX, creation->descriptors, creation->name);
    TRY(check_new(creation, refusal));
    TRY(places_made(creation->made, refusal));
    snprintf(creation->directory, sizeof creation->directory, "%.3900s/%s", creation->made, creation->name);
    return check_open(creation->made, refusal);
}

/* ---- the descriptor ---- */

// A name of its own first: whoever reads meanwhile finds no descriptor, or all of it. The lock of this directory is for
// those who make their environments elsewhere.
static int write_descriptor(const struct creation *creation, const char *text, size_t bytes, struct refusal *refusal) {
    const char *file = strrchr(creation->file, '/') + 1;
    char part[ENVIRONMENT_NAME_BYTES + 32];
    snprintf(part, sizeof part, CHANGE_PART "%s", file);
    TRY(places_make(creation->descriptors, refusal));
    auto_fd int directory = open(creation->descriptors, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0 && flock(directory, LOCK_EX) == 0) {
        auto_fd int fd = openat(directory, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd >= 0 && write_all(fd, text, bytes) == 0 && fsync(fd) == 0 &&
            renameat2(directory, part, directory, file, RENAME_NOREPLACE) == 0 && fsync(directory) == 0)
            return 0;
    }
    return refuse(refusal, REASON_CONFIG, "writing %s: %s", creation->file, strerror(errno));
}

static int describe(const struct creation *creation, struct refusal *refusal) {
    struct err err;
    size_t bytes;
    int text_fd = -1;
    if (environment_write(&creation->environment, &text_fd, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    auto_fd int fd = text_fd;
    auto_free char *text = NULL;
    if (memory_read(fd, "the descriptor", ENVIRONMENT_MAX_BYTES, &text, &bytes, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    return write_descriptor(creation, text, bytes, refusal);
}

/* ---- making it ---- */

static int name_python(struct creation *creation, struct refusal *refusal) {
    struct environment *environment = &creation->environment;
    int used = snprintf(environment->python, sizeof environment->python, "%s/bin/python", creation->directory);
    snprintf(environment->name, sizeof environment->name, "%s", creation->name);
    if (used > 0 && (size_t)used < sizeof environment->python)
        return 0;
    return refuse(refusal, REASON_CONFIG, "%s: expected a shorter path", creation->directory);
}

static int prove(struct creation *creation, struct refusal *refusal) {
    struct host_ready ready;
    struct err err;
    terminal_say(&creation->notes, "▶ %-8s starting it as for a job\n", "prove");
    fflush(creation->notes.file);
    if (environment_prove(&creation->environment, &ready, &err) < 0)
        return refuse(refusal, (enum reason)err.reason, "%s", err.msg);
    terminal_style(&creation->notes, TERMINAL_GREEN);
    terminal_say(&creation->notes, "✓");
    terminal_style(&creation->notes, TERMINAL_PLAIN);
    terminal_say(&creation->notes, " %-8s Python %s, pandas %s, %.1f s\n", "prove", ready.python, ready.pandas,
                 (double)ready.import_us / 1e6);
    return 0;
}

static int build(struct creation *creation, struct refusal *refusal) {
    TRY(name_python(creation, refusal));
    TRY(venv_make(&creation->venv, &creation->notes, refusal));
    TRY(prove(creation, refusal));
    return describe(creation, refusal);
}

// What does not work is not kept; the refusal says why, whether or not tidying up succeeds.
static int create(struct creation *creation, struct refusal *refusal) {
    struct refusal untidy;
    auto_fd int lock = change_begin(creation->made, refusal);
    TRY(lock);
    TRY(check_new(creation, refusal));
    TRY(change_mark(creation->made, creation->name, creation->file, refusal));
    int built = build(creation, refusal);
    if (change_settle(creation->made, creation->name, built < 0 ? &untidy : refusal) == 0)
        return built;
    if (built < 0)
        refusal_advise(refusal, "%s", untidy.err.msg);
    return -1;
}

int verb_env_create(const struct command_line *line) {
    struct creation creation = {0};
    struct refusal refusal;
    terminal_open(&creation.notes, stderr, TERMINAL_COLOUR_AUTO);
    if (take(line, &creation, &refusal) < 0 || create(&creation, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    terminal_say(&creation.notes, "use it: quern run SCRIPT --env %s\n", creation.name);
    return 0;
}
