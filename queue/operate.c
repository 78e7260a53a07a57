// SPDX-License-Identifier: Apache-2.0
// What people and operators do to jobs: cancel.
#include "queue/client.h"

int queue_cancel(struct queue *queue, const char *id, enum job_state *ret_state, struct err *err) {
    struct args args;
    auto_reply struct reply *reply = NULL;
    TRY(client_check_id(id, err));
    client_begin(queue, SCRIPT_CANCEL, &args);
    args_text(&args, id);
    TRY(client_run(queue, SCRIPT_CANCEL, &args, &reply, err));
    int answer = client_answer(reply, "cancel", err);
    if (answer == QUEUE_OK)
        TRY(client_state(reply, 1, "cancel", ret_state, err));
    return answer;
}
