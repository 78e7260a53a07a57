/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a measurer talks with benchmarks/run: it makes its preparations, then does one round for each line that it reads and
 * answers with one line per sample, LABEL <TAB> UNIT <TAB> VALUE, and an empty line behind them. End of file ends it. So
 * the rounds of several programs can be done in turns.
 *
 *     while (rounds_wait()) {
 *         uint64_t start = clock_now_ns();
 *         …
 *         rounds_since("decode, library", start);
 *         rounds_end();
 *     }
 */
#ifndef QUERN_BENCH_ROUNDS_H
#define QUERN_BENCH_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

/* Waits until a round is wanted; false when no more are. */
bool rounds_wait(void);

/* One sample; `rounds_since` measures ms since a clock_now_ns(). Labels hold no tab and no line break. */
void rounds_sample(const char *label, const char *unit, double value);
void rounds_since(const char *label, uint64_t start_ns);

/* CPU time of this process, all threads, kernel included, in ms. */
double rounds_cpu_ms(void);

void rounds_end(void);

#endif
