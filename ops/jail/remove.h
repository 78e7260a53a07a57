/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a tree of directories that foreign code has made, as deep as it may be, a piece at a time. */
#ifndef QUERN_JAIL_REMOVE_H
#define QUERN_JAIL_REMOVE_H

#include <stdint.h>

/* Removes at most `most` entries below `dir`: 1 when it is empty, 0 when there is more, -1 when something cannot be removed.
 * Nobody else may write there. */
int remove_below(int dir, uint32_t most);

#endif
