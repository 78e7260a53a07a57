// SPDX-License-Identifier: Apache-2.0
#include "quern/dice.h"

#include <assert.h>
#include <stdio.h>
#include <sys/random.h>

void dice_throw(void *bytes, size_t count) {
    assert(count <= DICE_MOST);
    while (getrandom(bytes, count, 0) != (ssize_t)count) {
    }
}

void dice_hex(char text[DICE_HEX_BYTES]) {
    unsigned char dice[(DICE_HEX_BYTES - 1) / 2];
    dice_throw(dice, sizeof dice);
    for (size_t i = 0; i < sizeof dice; i++)
        snprintf(text + 2 * i, 3, "%02x", dice[i]);
}
