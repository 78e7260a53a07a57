/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child: one job, then the end. From the fork to _exit() in one direction; what it inherits stands in heritage.h.
 *
 *     jail_prepare → READY → touch, if there is time → SOON: once more → COMMIT: limits → the other records → START →
 *     glue_run → DONE → end of file → exit 0
 *
 * What fails before the script begins is written to heritage->report and ends with JAIL_EXIT; so is what was used at COMMIT. A conversation that ends
 * early ends the child with 0: nobody wants it any more.
 */
#ifndef QUERN_PYTHON_CHILD_H
#define QUERN_PYTHON_CHILD_H

#include "ops/python/heritage.h"

_Noreturn void child_main(const struct heritage *heritage);

#endif
