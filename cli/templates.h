/* SPDX-License-Identifier: Apache-2.0 */
/* The files that `quern init` writes, as they stand in the source (cmake/texts.py). */
#ifndef QUERN_CLI_TEMPLATES_H
#define QUERN_CLI_TEMPLATES_H

extern const char template_script[]; /* cli/templates/script.py */
extern const char template_types[];  /* ops/python/quern/__init__.pyi */

#endif
