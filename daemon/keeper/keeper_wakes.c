// SPDX-License-Identifier: Apache-2.0
/* Wake-ups: a wait for each queue, beside all else. */
#include <string.h>

#include "keeper.h"
#include "quern/clock.h"
#include "quern/queue_keeper.h"

void keeper_wait(struct keeper *keeper, uint32_t queue, uint64_t now_ns) {
    struct keeper_queue *kept = &keeper->queues[queue];
    struct err err;
    if (!kept->server_good || kept->wait_ends_ns != CLOCK_NEVER || now_ns < kept->wait_ns ||
        !keeper_may_call(keeper, now_ns))
        return;
    int result = queue_wait_begin(kept->queue, kept->wake, KEEPER_WAIT_MS, &err);
    if (keeper_called(keeper, result, now_ns) < 0) {
        kept->wait_ns = clock_deadline_ns(KEEPER_RETRY_MS);
        return;
    }
    kept->wait_ends_ns = clock_deadline_ns(KEEPER_WAIT_MS + 2000);
}

void keeper_woken(struct keeper *keeper, uint32_t queue) {
    struct keeper_queue *kept = &keeper->queues[queue];
    struct keeper_word word = {.kind = KEEPER_WAKE, .queue = queue};
    struct queue_wakeup wakeup;
    struct err err;
    kept->wait_ends_ns = CLOCK_NEVER;
    kept->wait_ns = 0;
    if (queue_wait_end(kept->queue, &wakeup, &err) < 0) {
        log_line(&keeper->log, SETTINGS_LOG_WARNING, "the wait for jobs broke off", "queue",
                 keeper->settings.queues[queue], "error", err.msg, NULL);
        kept->wait_ns = clock_deadline_ns(KEEPER_RETRY_MS);
        kept->check_ns = 0;
        return;
    }
    memcpy(kept->wake, wakeup.wake, sizeof kept->wake);
    if (wakeup.cancel)
        kept->renew_ns = 0;
    // After a wait in vain somebody looks all the same: a wake-up is lost where Redis comes back with less than it had, or
    // where the supervisor did not take our word. That costs a few seconds, and not the job its turn.
    if (wakeup.work || !wakeup.cancel)
        keeper_say(keeper, &word);
}
