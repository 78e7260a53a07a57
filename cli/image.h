/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PNG shown in the terminal, by the two protocols that take it as it is: kitty's and iTerm2's. No other terminal is
 * tried, and none inside tmux or screen, which garble both.
 *
 * image_choose() decides by the environment; image_print() writes the escape sequences. Borrowed: bytes.
 */
#ifndef QUERN_CLI_IMAGE_H
#define QUERN_CLI_IMAGE_H

#include <stddef.h>
#include <stdio.h>

#include "cli/terminal.h"

#define IMAGE_MAX_BYTES (32u << 20) /* a larger picture is only named */

enum image_protocol { IMAGE_AUTO, IMAGE_KITTY, IMAGE_ITERM, IMAGE_NONE };

enum image_protocol image_choose(enum image_protocol asked, const struct terminal *terminal);
void image_print(enum image_protocol protocol, const void *png, size_t bytes, FILE *file);

#endif
