// SPDX-License-Identifier: Apache-2.0
#include "cpu_book.h"

#include <stdbool.h>
#include <stdlib.h>

enum { FIRST_ROOM = 64 };

void cpu_book_begin(struct cpu_book *book) {
    const struct cpu_book last = *book;
    book->before = last.seen;
    book->before_count = last.seen_count;
    book->before_room = last.seen_room;
    book->seen = last.before;
    book->seen_room = last.before_room;
    book->seen_count = book->at = 0;
    book->here_us = 0;
}

static bool has_room(struct cpu_book *book) {
    if (book->seen_count < book->seen_room)
        return true;
    uint32_t room = book->seen_room ? book->seen_room * 2 : FIRST_ROOM;
    struct cpu_entry *grown = reallocarray(book->seen, room, sizeof *grown);
    if (!grown)
        return false;
    book->seen = grown;
    book->seen_room = room;
    return true;
}

// Both looks are in the order of the numbers: who is passed over is not there any more.
static void pass(struct cpu_book *book, pid_t up_to, uint64_t started) {
    for (; book->at < book->before_count && book->before[book->at].pid <= up_to; book->at++) {
        const struct cpu_entry *last = &book->before[book->at];
        if (last->pid != up_to || last->started != started)
            book->gone_us += last->own_us;
    }
}

void cpu_book_see(struct cpu_book *book, const struct cpu_entry *process) {
    pass(book, process->pid, process->started);
    if (!has_room(book))
        return;
    book->seen[book->seen_count++] = *process;
    book->here_us += process->own_us;
}

uint64_t cpu_book_end(struct cpu_book *book) {
    for (; book->at < book->before_count; book->at++)
        book->gone_us += book->before[book->at].own_us;
    return book->gone_us + book->here_us;
}

void cpu_book_free(struct cpu_book *book) {
    free(book->seen);
    free(book->before);
    *book = (struct cpu_book){0};
}
