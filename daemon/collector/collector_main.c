// SPDX-License-Identifier: Apache-2.0
/* quern-collector: started by quernd, with the descriptors of quern/collector.h. No arguments. */
#include <signal.h>

#include "collector.h"
#include "daemon/failpoint.h"
#include "quern/jail.h"
#include "quern/record.h"

static int work(struct collector_report *report, struct err *err) {
    struct settings settings;
    TRY(jail_die_with_parent(err));
    TRY(settings_read(COLLECTOR_FD_SETTINGS, &settings, err));
    return collector_run(&settings, report, err);
}

int main(void) {
    struct collector_report report = {.had_turn = 0};
    struct err err = {0}, ignored;
    // quernd says when it is time to end.
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    FAILPOINT("collector:begun");
    if (work(&report, &err) < 0)
        report.err = err;
    int sent = record_send(COLLECTOR_FD_SUPERVISOR, &report, sizeof report, NULL, 0, &ignored);
    return sent < 0 ? JAIL_EXIT : 0;
}
