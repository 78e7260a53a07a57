/* SPDX-License-Identifier: Apache-2.0 */
/* Text that is safe to print: valid UTF-8 without control characters but \n and \t. Units: bytes. */
#ifndef QUERN_PYTHON_TEXT_H
#define QUERN_PYTHON_TEXT_H

#include <stddef.h>

/* Copies `text` (NULL is empty) into `home`, terminated. It is cut at a whole character; each byte that is not allowed
 * becomes '?'. */
void text_copy(char *home, size_t bytes, const char *text);

#endif
