// SPDX-License-Identifier: Apache-2.0
#include "keeper_metrics.h"

#include <inttypes.h>

const struct metrics_scale metrics_us = {{1000, 5000, 25000, 100000, 500000, 1000000, 5000000, 15000000, 60000000,
                                          300000000, 900000000, 3600000000, 14400000000, 86400000000},
                                         1e-6};
const struct metrics_scale metrics_bytes = {
    {UINT64_C(16) << 20, UINT64_C(32) << 20, UINT64_C(64) << 20, UINT64_C(128) << 20, UINT64_C(256) << 20,
     UINT64_C(512) << 20, UINT64_C(1) << 30, UINT64_C(2) << 30, UINT64_C(4) << 30, UINT64_C(8) << 30,
     UINT64_C(16) << 30, UINT64_C(32) << 30, UINT64_C(64) << 30, UINT64_C(128) << 30},
    1};

void metrics_observe(struct metrics_histogram *histogram, const struct metrics_scale *scale, uint64_t value) {
    size_t bucket = 0;
    while (bucket < METRICS_BUCKETS - 1 && value > scale->bounds[bucket])
        bucket++;
    histogram->buckets[bucket]++;
    histogram->sum += value;
    histogram->count++;
}

// What ended because we ended it, of those whose processes there were.
static bool was_killed(enum reason reason) {
    struct err err = {.reason = reason};
    return err_kind(&err) == ERR_LIMIT || reason == REASON_CANCELLED || reason == REASON_LOST;
}

void metrics_ended(struct metrics *metrics, uint32_t queue, enum job_state state, enum reason reason,
                   uint64_t peak_bytes) {
    metrics->queues[queue].finished[state][reason]++;
    if (!peak_bytes)
        return;
    metrics_observe(&metrics->queues[queue].peaks, &metrics_bytes, peak_bytes);
    metrics->kills[reason] += was_killed(reason);
}

// ---- the text form ----

static void head(FILE *out, const char *name, const char *type, const char *help) {
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value) {
    head(out, name, "counter", help);
    fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void gauge(FILE *out, const char *name, const char *help, double value) {
    head(out, name, "gauge", help);
    fprintf(out, "%s %.17g\n", name, value);
}

// A host may call itself anything.
static void label(FILE *out, const char *name, const char *value) {
    fprintf(out, "%s=\"", name);
    for (; *value; value++)
        if (*value == '\\' || *value == '"')
            fprintf(out, "\\%c", *value);
        else if (*value == '\n')
            fputs("\\n", out);
        else
            fputc(*value, out);
    fputc('"', out);
}

static void histogram(FILE *out, const char *name, const char *labels, const struct metrics_scale *scale,
                      const struct metrics_histogram *values) {
    uint64_t sum = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        sum += values->buckets[i];
        fprintf(out, "%s_bucket{%s,le=\"", name, labels);
        if (i < METRICS_BUCKETS - 1)
            fprintf(out, "%.15g\"} %" PRIu64 "\n", (double)scale->bounds[i] * scale->unit, sum);
        else
            fprintf(out, "+Inf\"} %" PRIu64 "\n", sum);
    }
    fprintf(out, "%s_sum{%s} %.15g\n%s_count{%s} %" PRIu64 "\n", name, labels, (double)values->sum * scale->unit, name,
            labels, values->count);
}

// ---- each queue's ----

struct page {
    const struct metrics *metrics;
    const struct settings *settings;
    FILE *out;
};

static void write_jobs(const struct page *page) {
    head(page->out, "quern_queue_jobs", "gauge", "Jobs of the queue, by state; the same from every host.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        for (uint32_t state = 0; state < JOB_STATE_COUNT && page->metrics->queues[i].counted; state++)
            fprintf(page->out, "quern_queue_jobs{queue=\"%s\",state=\"%s\"} %" PRIu64 "\n", page->settings->queues[i],
                    job_state_name((enum job_state)state), page->metrics->queues[i].counts.jobs[state]);
}

static void write_oldest(const struct page *page) {
    head(page->out, "quern_queue_oldest_ready_seconds", "gauge",
         "How long the first job of each priority has been waiting; 0 where none is ready.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        for (uint32_t prio = 0; prio <= QUEUE_MAX_PRIORITY && page->metrics->queues[i].counted; prio++)
            fprintf(page->out, "quern_queue_oldest_ready_seconds{queue=\"%s\",prio=\"%u\"} %.15g\n",
                    page->settings->queues[i], prio, (double)page->metrics->queues[i].counts.oldest_ms[prio] / 1000);
}

static void write_fenced(const struct page *page) {
    head(page->out, "quern_fenced_writes_total", "counter", "Writes of attempts that had lost their lease.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        for (uint32_t op = 0; op < QUEUE_FENCED_OPS && page->metrics->queues[i].counted; op++)
            fprintf(page->out, "quern_fenced_writes_total{queue=\"%s\",op=\"%s\"} %" PRIu64 "\n",
                    page->settings->queues[i], queue_fenced_ops[op], page->metrics->queues[i].counts.fenced[op]);
}

// A counter of each queue that the queue itself keeps.
static void write_count(const struct page *page, const char *name, const char *help, size_t offset) {
    head(page->out, name, "counter", help);
    for (uint32_t i = 0; i < page->settings->queue_count; i++) {
        const struct metrics_queue *queue = &page->metrics->queues[i];
        const uint64_t *value = (const uint64_t *)(const void *)((const char *)&queue->counts + offset);
        if (queue->counted)
            fprintf(page->out, "%s{queue=\"%s\"} %" PRIu64 "\n", name, page->settings->queues[i], *value);
    }
}

static void write_ready(const struct page *page) {
    head(page->out, "quern_queue_ready", "gauge", "Whether this host claims jobs of the queue; /readyz tells why not.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        fprintf(page->out, "quern_queue_ready{queue=\"%s\"} %d\n", page->settings->queues[i],
                page->metrics->queues[i].ready);
}

static void write_queue_counts(const struct page *page) {
    write_ready(page);
    write_jobs(page);
    write_oldest(page);
    write_count(page, "quern_jobs_submitted_total", "Jobs submitted since the queue began.",
                offsetof(struct queue_counts, submitted));
    write_count(page, "quern_job_retries_total", "Attempts tried again because of their reason.",
                offsetof(struct queue_counts, retries));
    write_count(page, "quern_job_reclaims_total", "Attempts whose worker or host died.",
                offsetof(struct queue_counts, lost));
    write_count(page, "quern_log_dropped_bytes_total", "Output of jobs beyond the bound of their logs.",
                offsetof(struct queue_counts, dropped_bytes));
    write_count(page, "quern_progress_dropped_total", "Pieces of progress that came too fast to be kept.",
                offsetof(struct queue_counts, dropped));
    write_fenced(page);
}

static void write_finished(const struct page *page) {
    head(page->out, "quern_jobs_finished_total", "counter", "Attempts that ended on this host, by the job's state.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        for (uint32_t state = 0; state < JOB_STATE_COUNT; state++)
            for (uint32_t reason = 0; reason < REASON_COUNT; reason++) {
                uint64_t count = page->metrics->queues[i].finished[state][reason];
                if (count)
                    fprintf(page->out, "quern_jobs_finished_total{queue=\"%s\",state=\"%s\",why=\"%s\"} %" PRIu64 "\n",
                            page->settings->queues[i], job_state_name((enum job_state)state),
                            reason_word((enum reason)reason), count);
            }
    head(page->out, "quern_unconfirmed_completions_total", "counter",
         "Results that were not in time as safe as durability asks.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        fprintf(page->out, "quern_unconfirmed_completions_total{queue=\"%s\"} %" PRIu64 "\n", page->settings->queues[i],
                page->metrics->queues[i].unconfirmed);
}

// One histogram for each queue that has values of it.
static void write_histograms(const struct page *page, const char *name, const char *help,
                             const struct metrics_scale *scale, size_t offset) {
    head(page->out, name, "histogram", help);
    for (uint32_t i = 0; i < page->settings->queue_count; i++) {
        const char *queue = (const char *)&page->metrics->queues[i];
        const struct metrics_histogram *values = (const struct metrics_histogram *)(const void *)(queue + offset);
        char labels[QUEUE_NAME_BYTES + 16];
        snprintf(labels, sizeof labels, "queue=\"%s\"", page->settings->queues[i]);
        if (values->count)
            histogram(page->out, name, labels, scale, values);
    }
}

static void write_steps(const struct page *page) {
    head(page->out, "quern_job_step_seconds", "histogram", "How long the steps of jobs took on this host.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        for (enum step step = 0; step < STEP_COUNT; step++) {
            char labels[QUEUE_NAME_BYTES + 48];
            const struct metrics_histogram *values = &page->metrics->queues[i].steps[step];
            snprintf(labels, sizeof labels, "queue=\"%s\",step=\"%s\"", page->settings->queues[i], step_name(step));
            if (values->count)
                histogram(page->out, "quern_job_step_seconds", labels, &metrics_us, values);
        }
}

static void write_times(const struct page *page) {
    write_histograms(page, "quern_job_wait_seconds", "How long jobs were ready until this host claimed them.",
                     &metrics_us, offsetof(struct metrics_queue, waits));
    write_histograms(page, "quern_job_run_seconds", "How long scripts ran on this host.", &metrics_us,
                     offsetof(struct metrics_queue, steps[STEP_RUN]));
    write_histograms(page, "quern_job_publish_seconds", "How long results took to be encoded and stored.", &metrics_us,
                     offsetof(struct metrics_queue, steps[STEP_PUBLISH]));
    write_steps(page);
    write_histograms(page, "quern_job_max_rss_bytes", "Peak memory of the largest process of each job.", &metrics_bytes,
                     offsetof(struct metrics_queue, peaks));
}

// ---- the host's ----

static void write_workers(const struct page *page) {
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    head(out, "quern_worker_slots", "gauge", "Workers of this host, by what they do.");
    fprintf(out, "quern_worker_slots{state=\"busy\"} %u\nquern_worker_slots{state=\"idle\"} %u\n", metrics->busy,
            metrics->draining ? 0 : metrics->idle);
    fprintf(out, "quern_worker_slots{state=\"draining\"} %u\n", metrics->draining ? metrics->busy + metrics->idle : 0);
    head(out, "quern_worker_info", "gauge", "Who works here.");
    fputs("quern_worker_info{version=\"" QUERN_VERSION "\",", out);
    label(out, "host", page->settings->worker);
    fputs("} 1\n", out);
    head(out, "quern_build_info", "gauge", "What runs here.");
    fputs("quern_build_info{version=\"" QUERN_VERSION "\"} 1\n", out);
    head(out, "quern_sandbox_kills_total", "counter",
         "Jobs whose processes were ended: a limit, a cancellation, a lost lease or worker.");
    for (uint32_t reason = 0; reason < REASON_COUNT; reason++)
        if (metrics->kills[reason])
            fprintf(out, "quern_sandbox_kills_total{reason=\"%s\"} %" PRIu64 "\n", reason_word((enum reason)reason),
                    metrics->kills[reason]);
}

static void write_redis(const struct metrics *metrics, FILE *out) {
    counter(out, "quern_lease_renew_failures_total", "Renewals that were not answered.", metrics->renew_failures);
    gauge(out, "quern_claim_loop_last_success_timestamp_seconds", "When a claim was answered last.",
          metrics->claimed_unix_s);
    gauge(out, "quern_redis_up", "Whether Redis answers, and takes and keeps what the queues are given.",
          metrics->redis_answers && metrics->redis_good);
    gauge(out, "quern_redis_used_bytes", "Memory that Redis uses.", (double)metrics->redis_used_bytes);
    gauge(out, "quern_redis_max_bytes", "Its maxmemory; 0: no bound.", (double)metrics->redis_max_bytes);
    counter(out, "quern_redis_failures_total", "Calls of the keeper that were not answered.", metrics->redis_failures);
    counter(out, "quern_redis_reconnects_total", "Connections of the keeper that were made anew.",
            metrics->redis_reconnects);
    head(out, "quern_redis_roundtrip_seconds", "summary", "Calls of the keeper to Redis.");
    fprintf(out, "quern_redis_roundtrip_seconds_sum %.15g\nquern_redis_roundtrip_seconds_count %" PRIu64 "\n",
            (double)metrics->redis_us / 1e6, metrics->redis_calls);
}

static void write_data(const struct metrics *metrics, FILE *out) {
    const struct metrics_collections *collections = &metrics->collections;
    gauge(out, "quern_segment_bytes", "Memory of decoded datasets.", (double)metrics->segment_bytes);
    counter(out, "quern_segment_hits_total", "Inputs that were in memory already.", metrics->segment_hits);
    counter(out, "quern_segment_loads_total", "Inputs that were decoded.", metrics->segment_decodes);
    if (metrics->store_known) {
        gauge(out, "quern_store_used_bytes", "What the store on Redis holds; the same from every host.",
              (double)metrics->store.used_bytes);
        gauge(out, "quern_store_budget_bytes", "What it may hold; 0: as much as its Redis.",
              (double)metrics->store.budget_bytes);
    }
    head(out, "quern_store_collections_total", "counter", "Collections of the store by this host.");
    fprintf(out, "quern_store_collections_total{result=\"good\"} %" PRIu64 "\n", collections->good);
    fprintf(out, "quern_store_collections_total{result=\"bad\"} %" PRIu64 "\n", collections->bad);
    counter(out, "quern_store_collected_objects_total", "Objects that nobody wanted any more.", collections->objects);
    counter(out, "quern_store_collected_attempts_total", "What was begun and never ended.", collections->attempts);
    counter(out, "quern_store_collected_bytes_total", "Room that collections made.", collections->bytes);
    gauge(out, "quern_store_last_collection_timestamp_seconds", "When this host's last one ended well.",
          collections->last_unix_s);
}

static void write_jails(const struct page *page) {
    head(page->out, "quern_jail_level", "gauge", "What scripts are jailed in: 0 none, 1 minimal, 2 user, 3 full.");
    for (uint32_t i = 0; i < METRICS_MAX_JAILS; i++) {
        const struct metrics_jail *jail = &page->metrics->jails[i];
        if (jail->environment[0])
            fprintf(page->out, "quern_jail_level{environment=\"%s\",level=\"%s\",memory_bound=\"%s\"} %u\n",
                    jail->environment, jail_level_name((enum jail_level)jail->level),
                    jail_bound_name((enum jail_bound)jail->bound), jail->level);
    }
}

void metrics_write(const struct metrics *metrics, const struct settings *settings, FILE *out) {
    struct page page = {metrics, settings, out};
    write_workers(&page);
    write_jails(&page);
    write_redis(metrics, out);
    write_data(metrics, out);
    write_finished(&page);
    write_times(&page);
    write_queue_counts(&page);
}
