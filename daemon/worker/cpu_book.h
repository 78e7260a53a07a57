/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU time of a tree of processes, those included that have ended and that nobody waited for: what they had used when
 * they were last seen. What one used after the last look, or who came and went between two looks, is not in it.
 *
 * Calling sequence: cpu_book_begin() → cpu_book_see() for each process, dead ones that are not buried too, by ascending
 * numbers, as /proc lists them → cpu_book_end(); again and again → cpu_book_free(). An empty book is all zeros.
 */
#ifndef DAEMON_CPU_BOOK_H
#define DAEMON_CPU_BOOK_H

#include <stdint.h>
#include <sys/types.h>

struct cpu_entry {
    pid_t pid;
    uint64_t started; /* numbers come again, and then with another start */
    uint64_t own_us;
};

struct cpu_book {
    struct cpu_entry *seen, *before; /* this look and the last one; owned */
    uint32_t seen_count, before_count, seen_room, before_room;
    uint32_t at;      /* of `before`: the first that has not been met in this look */
    uint64_t gone_us; /* of those that are not there any more */
    uint64_t here_us; /* of those that are */
};

void cpu_book_begin(struct cpu_book *book);
/* Where memory is short it is left out, until the next look. */
void cpu_book_see(struct cpu_book *book, const struct cpu_entry *process);
/* The time of all that were ever seen, in microseconds. */
uint64_t cpu_book_end(struct cpu_book *book);
void cpu_book_free(struct cpu_book *book);

#endif
