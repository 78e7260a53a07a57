// SPDX-License-Identifier: Apache-2.0
#include "connect.h"

#include <string.h>

#include "child.h"
#include "quern/segment.h"

// A look at an Arrow or ARFF file needs no interpreter: the units of its times stay as they are.
static bool needs_python(const struct attempt *attempt) {
    return attempt->task == RUN_SCRIPT || attempt->task == RUN_LINT || job_is_text_table(attempt->job.inputs[0].format);
}

// Who debugs thinks longer than any limit that is not the job's own.
static void settle_limits(struct attempt *attempt, const struct limits_layers *layers) {
    struct job_limits *limits = &attempt->job.limits;
    bool untimed = attempt->job.debug && limits->time_ms == 0;
    limits_settle(limits, layers, limits_cores(), attempt->manifest.limit_origins);
    if (untimed)
        limits->time_ms = 0;
    attempt->manifest.limits = *limits;
}

static int connect_python(struct attempt *attempt, struct err *err) {
    struct calls_peer peer;
    TRY(calls_connect(attempt->calls, SUPERVISOR_PEER_ZYGOTE, attempt->job.environment, &peer, err));
    attempt->zygote = peer.requests;
    attempt->profile = peer.profile;
    struct manifest *manifest = &attempt->manifest;
    manifest->jail = peer.facts;
    const char *lack;
    for (uint32_t i = 0; (lack = jail_lack(&peer.facts, i)); i++)
        report_warning(&attempt->report, "the jail is minimal here: %s", lack);
    settle_limits(attempt, &peer.limits);
    memcpy(manifest->python, peer.python, sizeof manifest->python);
    memcpy(manifest->pandas, peer.pandas, sizeof manifest->pandas);
    return 0;
}

// Whoever runs the script gets ready while everything else is fetched. A script alone is there at once.
static int ask_for_child(struct attempt *attempt, struct err *err) {
    if (attempt->task != RUN_SCRIPT && attempt->task != RUN_LINT)
        return 0;
    attempt->asked =
        child_ask(attempt->zygote, &attempt->job.limits, attempt->job.input_count ? HOST_AHEAD : HOST_NOW, err);
    return attempt->asked < 0 ? -1 : 0;
}

int connect_zygote(struct attempt *attempt, struct err *err) {
    attempt->profile = SEGMENT_PROFILE_UNITS;
    if (needs_python(attempt)) {
        TRY(connect_python(attempt, err));
        return ask_for_child(attempt, err);
    }
    settle_limits(attempt, &(struct limits_layers){0});
    return 0;
}

static void on_codec_warning(void *context, uint32_t picture, const char *text) {
    struct attempt *attempt = context;
    if (picture < attempt->picture_count) {
        attempt->pictures[picture].joined = false;
        report_warning(&attempt->report, "%s: %s", attempt->pictures[picture].name, text);
    } else {
        report_warning(&attempt->report, "%s", text);
    }
}

static int renew_codec(void *context, struct err *err) {
    struct attempt *attempt = context;
    struct calls_peer peer;
    TRY(calls_connect(attempt->calls, SUPERVISOR_PEER_CODEC, NULL, &peer, err));
    return peer.requests;
}

int connect_codec(struct attempt *attempt, struct err *err) {
    struct calls_peer peer;
    TRY(calls_connect(attempt->calls, SUPERVISOR_PEER_CODEC, NULL, &peer, err));
    attempt->codec =
        (struct codec){.requests = peer.requests, .warn = on_codec_warning, .renew = renew_codec, .context = attempt};
    codec_ceilings_default(&attempt->codec.ceilings);
    attempt->codec.ceilings.picture_pixels = attempt->job.limits.picture_pixels;
    return 0;
}
