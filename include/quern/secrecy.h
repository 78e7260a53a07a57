/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process owes a secret that it holds: nobody gets at it by a core, and no equal looks into the memory.
 *
 * Calling sequence: secrecy_begin() before the first byte of a password or key is read, by whoever reads it: so no process
 * has one that did not. It holds for the whole process until its exec; of what it starts, the limit holds on.
 *
 * Errors: REASON_INFRA; then nothing secret may be read.
 */
#ifndef QUERN_SECRECY_H
#define QUERN_SECRECY_H

#include "quern/err.h"

MUST_USE int secrecy_begin(struct err *err);

#endif
