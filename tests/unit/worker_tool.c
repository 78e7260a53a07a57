// SPDX-License-Identifier: Apache-2.0
// A worker that does nothing but what it is told, for tests of the command line: worker_tool URL QUEUE
// One command per line of stdin, one line of answer each; texts are hex.
//     claim                   ID, or "-" when there is nothing
//     log STREAM HEX          ok
//     progress HEX            ok
//     complete HEX [KEY VERSION BYTES]...  ok; HEX is the manifest
//     fail REASON DETAIL HEX  the state that came of it; REASON by number
//     beat NAME HEX           ok or drain
//     tick                    ok
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/queue_keeper.h"
#include "quern/queue_worker.h"

enum { LINE_BYTES = 1 << 18, LEASE_MS = 30000, MOST_NAMES = 8 };

struct worker {
    struct queue *queue;
    struct queue_claim claim;
    struct err err;
};

static size_t unhex(const char *hex, char *ret) {
    size_t count = 0;
    for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        ret[count++] = (char)byte;
    ret[count] = '\0';
    return count;
}

static const char *say(struct worker *worker, int answer) {
    if (answer < 0)
        fprintf(stderr, "worker_tool: %s\n", worker->err.msg);
    return answer == QUEUE_OK ? "ok" : answer == QUEUE_DRAIN ? "drain" : "no";
}

static const char *claim(struct worker *worker) {
    char nonce[QUEUE_NONCE_BYTES];
    queue_claim_free(&worker->claim);
    dice_hex(nonce);
    int answer = queue_claim(worker->queue, "tool", nonce, LEASE_MS, 0, &worker->claim, &worker->err);
    return answer == QUEUE_OK ? worker->claim.id : answer == QUEUE_NOTHING ? "-" : say(worker, answer);
}

static const char *fail(struct worker *worker, int reason, int detail, const char *text) {
    struct err why = {.reason = (uint32_t)reason, .detail = detail};
    enum job_state state;
    snprintf(why.msg, sizeof why.msg, "%.*s", ERR_MSG_BYTES - 1, text);
    int answer =
        queue_fail(worker->queue, worker->claim.id, worker->claim.token, &why, NULL, 0, NULL, 0, &state, &worker->err);
    return answer == QUEUE_OK ? job_state_name(state) : say(worker, answer);
}

// Behind the manifest: KEY VERSION BYTES, any number of times.
static const char *complete(struct worker *worker, const char *line, const char *result, size_t bytes) {
    static char words[LINE_BYTES];
    struct queue_name names[MOST_NAMES];
    size_t count = 0;
    char *rest = words;
    snprintf(words, sizeof words, "%s", line);
    (void)strsep(&rest, " \n");
    (void)strsep(&rest, " \n");
    while (rest && *rest && count < MOST_NAMES) {
        names[count].key = strsep(&rest, " \n");
        names[count].version = strsep(&rest, " \n");
        names[count++].bytes = strtoull(rest ? strsep(&rest, " \n") : "0", NULL, 10);
    }
    return say(worker, queue_complete(worker->queue, worker->claim.id, worker->claim.token, result, bytes, names, count,
                                      &worker->err));
}

static const char *obey(struct worker *worker, const char *line) {
    static char hex[LINE_BYTES], text[LINE_BYTES];
    char name[QUEUE_WORKER_BYTES];
    struct queue_ticked ticked;
    int a = 0, b = 0;
    const char *id = worker->claim.id, *token = worker->claim.token;
    hex[0] = '\0';
    if (strncmp(line, "claim", 5) == 0)
        return claim(worker);
    if (sscanf(line, "log %d %262143s", &a, hex) >= 1)
        return say(worker, queue_log(worker->queue, id, token, &(struct queue_output){a == 2, text, unhex(hex, text)},
                                     1, &worker->err));
    if (sscanf(line, "progress %262143s", hex) == 1 && unhex(hex, text))
        return say(worker, queue_progress(worker->queue, id, token, text, &worker->err));
    if (sscanf(line, "complete %262143s", hex) == 1)
        return complete(worker, line, text, unhex(hex, text));
    if (sscanf(line, "fail %d %d %262143s", &a, &b, hex) >= 2) {
        unhex(hex, text);
        return fail(worker, a, b, text);
    }
    if (sscanf(line, "beat %128s %262143s", name, hex) == 2 && unhex(hex, text))
        return say(worker, queue_beat(worker->queue, name, text, LEASE_MS, &worker->err));
    return say(worker, queue_tick(worker->queue, 100, LEASE_MS, &ticked, &worker->err));
}

int main(int argc, char **argv) {
    static char line[LINE_BYTES];
    struct worker worker = {.queue = NULL};
    const struct queue_options options = {.url = argc == 3 ? argv[1] : "", .name = argc == 3 ? argv[2] : ""};
    if (queue_open(&options, &worker.queue, &worker.err) < 0) {
        fprintf(stderr, "worker_tool: %s\n", worker.err.msg);
        return 2;
    }
    while (fgets(line, sizeof line, stdin)) {
        printf("%s\n", obey(&worker, line));
        fflush(stdout);
    }
    queue_claim_free(&worker.claim);
    queue_close(worker.queue);
    return 0;
}
