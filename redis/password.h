/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords stand in files: the first line, without its end. Who reads one is closed from then on (quern/secrecy.h), and
 * wipes it when the server has heard it. Errors: REASON_CONFIG, naming the file. */
#ifndef QUERN_REDIS_PASSWORD_H
#define QUERN_REDIS_PASSWORD_H

#include "quern/err.h"

#define PASSWORD_BYTES 513

struct password {
    char text[PASSWORD_BYTES];
};

MUST_USE int password_read(const char *file, struct password *ret, struct err *err);
void password_wipe(struct password *password);
#define auto_password __attribute__((cleanup(password_wipe)))

#endif
