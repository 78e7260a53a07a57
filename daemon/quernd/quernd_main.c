// SPDX-License-Identifier: Apache-2.0
/*
 * quernd: runs the jobs of one or more queues on this host. deploy/quernd.ini documents its settings.
 *
 *     quernd [--config FILE]            in the foreground, until SIGTERM
 *     quernd [--config FILE] --check    says whether the settings can be used
 *
 * Exit codes: 0, 2 usage, 78 settings that cannot be used, 125 quern itself failed (schemas/words.def).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quernd.h"

struct arguments {
    const char *config;
    bool check, version;
};

static int usage(void) {
    fprintf(stderr, "usage: quernd [--config FILE] [--check]   (without --config: %s)\n", QUERND_CONFIG_DEFAULT);
    return 2;
}

static bool read_arguments(int argc, char **argv, struct arguments *ret) {
    *ret = (struct arguments){.config = QUERND_CONFIG_DEFAULT};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--check") == 0)
            ret->check = true;
        else if (strcmp(argv[i], "--version") == 0)
            ret->version = true;
        else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            ret->config = argv[++i];
        else
            return false;
    }
    return true;
}

static int run(const struct arguments *arguments, struct quernd_config *config, struct err *err) {
    TRY(quernd_config_read(arguments->config, config, err));
    if (!arguments->check)
        return quernd_run(arguments->config, config, err);
    printf("%s: can be used: %u workers, queues from %s\n", arguments->config, config->settings.worker_count,
           config->settings.queue_url);
    return 0;
}

int main(int argc, char **argv) {
    struct arguments arguments;
    struct err err = {0};
    if (!read_arguments(argc, argv, &arguments))
        return usage();
    if (arguments.version) {
        printf("quernd %s\n", QUERN_VERSION);
        return 0;
    }
    struct quernd_config *config = calloc(1, sizeof *config);
    if (!config)
        return 125;
    int result = run(&arguments, config, &err);
    free(config);
    if (result == 0)
        return 0;
    fprintf(stderr, "quernd: %s\n", err.msg);
    return err_exit_code(&err);
}
