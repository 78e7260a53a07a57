/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Are these the bytes of that version? Versions of stores are their SHA-256: `sha256-HEX`. Errors: REASON_INFRA, `name` in
 * front, for other bytes, for a version of another form and for a file that cannot be read.
 */
#ifndef QUERN_CLI_CHECKSUM_H
#define QUERN_CLI_CHECKSUM_H

#include "quern/err.h"

/* The whole file, from its beginning; its offset stays where it is. */
MUST_USE int checksum_verify(int fd, const char *version, const char *name, struct err *err);

#endif
