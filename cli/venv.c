// SPDX-License-Identifier: Apache-2.0
#include "cli/venv.h"

#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/program.h"
#include "quern/clock.h"
#include "quern/own.h"

enum { FIXED_WORDS = 16, DESCRIPTORS = 32 };

/* ---- removing ---- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where) {
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

int venv_remove(const char *directory, struct refusal *refusal) {
    if (nftw(directory, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0 || errno == ENOENT)
        return 0;
    return refuse(refusal, REASON_CONFIG, "removing %s: %s", directory, strerror(errno));
}

/* ---- making ---- */

static int run_step(const char *what, const char *detail, const char *const *argv, struct terminal *notes,
                    struct refusal *refusal) {
    uint64_t began = clock_now_ns();
    terminal_say(notes, "▶ %-8s %s\n", what, detail);
    fflush(notes->file);
    TRY(program_run(argv, refusal));
    terminal_style(notes, TERMINAL_GREEN);
    terminal_say(notes, "✓");
    terminal_style(notes, TERMINAL_PLAIN);
    terminal_say(notes, " %-8s %.1f s\n", what, (double)(clock_now_ns() - began) / 1e9);
    return 0;
}

static int find_wheels(const struct venv *venv, glob_t *wheels, struct refusal *refusal) {
    char pattern[PATH_MAX];
    snprintf(pattern, sizeof pattern, "%s/*.whl", venv->wheelhouse);
    if (glob(pattern, 0, NULL, wheels) == 0)
        return 0;
    return refuse(refusal, REASON_CONFIG, "--wheelhouse: %s: expected wheels, found none", venv->wheelhouse);
}

static int install_words(const struct venv *venv, const char *python, const glob_t *wheels, struct terminal *notes,
                         struct refusal *refusal) {
    auto_free const char **argv = calloc(FIXED_WORDS + wheels->gl_pathc, sizeof *argv);
    if (!argv)
        return refuse(refusal, REASON_INFRA, "out of memory for the words of pip");
    const char *const first[] = {
        python, "-I", "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"};
    size_t count = sizeof first / sizeof first[0];
    memcpy(argv, first, sizeof first);
    if (venv->wheelhouse) {
        argv[count++] = "--no-index";
        argv[count++] = "--find-links";
        argv[count++] = venv->wheelhouse;
    }
    if (venv->requirements) {
        argv[count++] = "--requirement";
        argv[count++] = venv->requirements;
    }
    for (size_t i = 0; i < wheels->gl_pathc; i++)
        argv[count++] = wheels->gl_pathv[i];
    return run_step("install", venv->requirements ? venv->requirements : venv->wheelhouse, argv, notes, refusal);
}

static int install(const struct venv *venv, struct terminal *notes, struct refusal *refusal) {
    char python[PATH_MAX];
    glob_t wheels = {0};
    snprintf(python, sizeof python, "%s/bin/python", venv->directory);
    if (!venv->requirements)
        TRY(find_wheels(venv, &wheels, refusal));
    int installed = install_words(venv, python, &wheels, notes, refusal);
    globfree(&wheels);
    return installed;
}

// Jobs read it as another user: our umask must not keep them out.
int venv_make(const struct venv *venv, struct terminal *notes, struct refusal *refusal) {
    const char *const make[] = {venv->python, "-I", "-m", "venv", venv->directory, NULL};
    TRY(venv_remove(venv->directory, refusal)); // of somebody else's making: no descriptor names it
    mode_t before = umask(022);
    int made = run_step("venv", venv->directory, make, notes, refusal);
    if (made == 0)
        made = install(venv, notes, refusal);
    umask(before);
    return made;
}
