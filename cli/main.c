// SPDX-License-Identifier: Apache-2.0
// `quern`: finds the verb, reads its flags, calls it.
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "cli/verbs.h"

static bool is_any(const char *text, const char *a, const char *b) {
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

static int run_verb(int argc, char **argv) {
    struct command_line line;
    struct refusal refusal;
    if (command_parse(argc, argv, &line, &refusal) < 0)
        return refusal_print(&refusal, stderr);
    if (command_wants_help(&line)) {
        help_print(line.command, stdout);
        return 0;
    }
    return commands[line.command].run(&line);
}

// What was printed into a full disk or a closed pipe was not printed.
static int finish(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("error: writing to standard output failed\n", stderr);
    return code ? code : 75;
}

// Who was started without a stream would give its number to the next file, which the job then reads or writes as that
// stream. Opened the wrong way round, so that what is printed there fails instead of being lost in silence.
static int fill_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return -1;
    return 0;
}

int main(int argc, char **argv) {
    if (fill_streams() < 0)
        return 75;
    setlocale(LC_CTYPE, "");
    if (argc < 2 || is_any(argv[1], "-h", "--help")) {
        help_print(COMMAND_ID_ANY, stdout);
        return finish(0);
    }
    if (is_any(argv[1], "-V", "--version"))
        return finish(verb_version(NULL));
    return finish(run_verb(argc - 1, argv + 1));
}
