/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a job failed, in the words of the original module (job.json, `error`): the numbers of its errors and their messages,
 * in the form of the job's dialect. What the original has no number for is told in our own words.
 *
 * Plain functions over a manifest; nothing is kept. Texts are cut to their room and always terminated.
 */
#ifndef QUEUE_MANIFEST_ERROR_H
#define QUEUE_MANIFEST_ERROR_H

#include "quern/job.h"

#define MANIFEST_ERROR_BYTES (2u * HOST_VALUE_BYTES + 2048u)

/* An exception of the script's is the reason. */
bool manifest_raised(const struct manifest *manifest);

/* 0: the original has no number for it. */
uint32_t manifest_error_number(const struct manifest *manifest);

void manifest_error_message(const struct manifest *manifest, char text[MANIFEST_ERROR_BYTES]);

#endif
