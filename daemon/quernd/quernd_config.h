/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of quernd: deploy/quernd.ini documents each. One table of options (quernd_config.c) is the reader and its
 * error messages; what is not in it is an error that names file and line.
 *
 * Calling sequence: quernd_config_read() → … Plain data, owns nothing. Errors: REASON_CONFIG.
 */
#ifndef DAEMON_QUERND_CONFIG_H
#define DAEMON_QUERND_CONFIG_H

#include <stdint.h>

#include "daemon/supervisor/supervisor.h"
#include "quern/environment.h"
#include "quern/settings.h"

#define QUERND_CONFIG_DEFAULT "/etc/quern/quernd.ini"
#define QUERND_CONFIG_MAX_BYTES 65536
#define QUERND_STANDBY 2u
#define QUERND_MAX_STANDBY 16u
#define QUERND_RENEW_JOBS 10000u
#define QUERND_RENEW_MS UINT64_C(86400000)

struct quernd_config {
    struct settings settings; /* what workers and keeper get */
    uint64_t memory_bytes;    /* of segments; 0: what the host has */
    uint64_t drain_timeout_ms;
    struct jail_require jail;
    struct limits_layer limits;
    uint32_t standby;    /* children that each environment keeps ready */
    uint32_t renew_jobs; /* of a zygote's life; 0: without end */
    uint64_t renew_ms;   /* the same; 0: without end */
    char environments_directory[ENVIRONMENT_PATH_BYTES];
    uint32_t environment_count;
    struct environment environments[SUPERVISOR_MAX_ENVIRONMENTS];
};

MUST_USE int quernd_config_read(const char *path, struct quernd_config *ret, struct err *err);

/* The same from a text, without looking for the environments' descriptors. */
MUST_USE int quernd_config_parse(const char *name, const char *text, struct quernd_config *ret, struct err *err);

#endif
