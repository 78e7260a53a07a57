/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a job that is queued does not begin: what people ask first, and what nobody sees from the job itself.
 *
 *     char text[WAITING_BYTES];
 *     if (*waiting_why(client, text)) …      "the queue 'default' is paused: quern queue resume default"
 *
 * Empty while workers take jobs: then others are before it. Also when the queue cannot be asked: this is a hint, no answer.
 */
#ifndef QUERN_CLI_WAITING_H
#define QUERN_CLI_WAITING_H

#include "cli/client.h"

#define WAITING_BYTES 1200

const char *waiting_why(const struct client *client, char text[WAITING_BYTES]);

#endif
