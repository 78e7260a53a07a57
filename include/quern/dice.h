/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes of the kernel, for names that nobody guesses or has twice. Cannot fail: waits until the kernel has any. */
#ifndef QUERN_DICE_H
#define QUERN_DICE_H

#include <stddef.h>

#define DICE_MOST 256u /* bytes of one throw: the kernel gives so many at once or none */

void dice_throw(void *bytes, size_t count);

/* 128 bits as 32 of 0-9 a-f. */
#define DICE_HEX_BYTES 33
void dice_hex(char text[DICE_HEX_BYTES]);

#endif
