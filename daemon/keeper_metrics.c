// SPDX-License-Identifier: Apache-2.0
#include "keeper_metrics.h"

#include "quern/queue_operator.h"

// Upper bounds in ms; a last bucket has none.
static const uint64_t bounds_ms[METRICS_BUCKETS - 1] = {1,     5,     25,     100,    500,     1000,     5000,
                                                        15000, 60000, 300000, 900000, 3600000, 14400000, 86400000};

void metrics_observe(struct metrics_histogram *histogram, uint64_t us) {
    size_t bucket = 0;
    while (bucket < METRICS_BUCKETS - 1 && us > bounds_ms[bucket] * 1000)
        bucket++;
    histogram->buckets[bucket]++;
    histogram->sum_us += us;
    histogram->count++;
}

static void head(FILE *out, const char *name, const char *type, const char *help) {
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value) {
    head(out, name, "counter", help);
    fprintf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void gauge(FILE *out, const char *name, const char *help, double value) {
    head(out, name, "gauge", help);
    fprintf(out, "%s %.17g\n", name, value);
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
            fprintf(page->out, "quern_queue_jobs{queue=\"%s\",state=\"%s\"} %llu\n", page->settings->queues[i],
                    job_state_name((enum job_state)state),
                    (unsigned long long)page->metrics->queues[i].counts.jobs[state]);
}

// A number of each queue that the queue itself keeps.
static void write_count(const struct page *page, const char *name, const char *type, const char *help, size_t offset,
                        double unit) {
    head(page->out, name, type, help);
    for (uint32_t i = 0; i < page->settings->queue_count; i++) {
        const struct metrics_queue *queue = &page->metrics->queues[i];
        const uint64_t *value = (const uint64_t *)(const void *)((const char *)&queue->counts + offset);
        if (queue->counted)
            fprintf(page->out, "%s{queue=\"%s\"} %.17g\n", name, page->settings->queues[i], (double)*value * unit);
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
    write_count(page, "quern_queue_oldest_ready_seconds", "gauge", "How long the first job has been waiting.",
                offsetof(struct queue_counts, oldest_ready_ms), 1e-3);
    write_count(page, "quern_jobs_submitted_total", "counter", "Jobs submitted since the queue began.",
                offsetof(struct queue_counts, submitted), 1);
    write_count(page, "quern_job_retries_total", "counter", "Attempts tried again because of their reason.",
                offsetof(struct queue_counts, retries), 1);
    write_count(page, "quern_job_reclaims_total", "counter", "Attempts whose worker or host died.",
                offsetof(struct queue_counts, lost), 1);
    write_count(page, "quern_fenced_writes_total", "counter", "Writes of attempts that had lost their lease.",
                offsetof(struct queue_counts, fenced), 1);
    write_count(page, "quern_log_dropped_total", "counter", "Pieces of output and progress that were not kept.",
                offsetof(struct queue_counts, dropped), 1);
}

static void write_finished(const struct page *page) {
    head(page->out, "quern_jobs_finished_total", "counter", "Attempts that ended on this host, by the job's state.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        for (uint32_t state = 0; state < JOB_STATE_COUNT; state++)
            for (uint32_t reason = 0; reason < REASON_COUNT; reason++) {
                uint64_t count = page->metrics->queues[i].finished[state][reason];
                if (count)
                    fprintf(page->out, "quern_jobs_finished_total{queue=\"%s\",state=\"%s\",why=\"%s\"} %llu\n",
                            page->settings->queues[i], job_state_name((enum job_state)state),
                            reason_word((enum reason)reason), (unsigned long long)count);
            }
}

static void write_histogram(const struct page *page, uint32_t queue, enum step step) {
    const struct metrics_histogram *histogram = &page->metrics->queues[queue].steps[step];
    const char *name = page->settings->queues[queue];
    uint64_t sum = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        sum += histogram->buckets[i];
        fprintf(page->out, "quern_job_step_seconds_bucket{queue=\"%s\",step=\"%s\",le=\"", name, step_name(step));
        if (i < METRICS_BUCKETS - 1)
            fprintf(page->out, "%g\"} %llu\n", (double)bounds_ms[i] / 1000, (unsigned long long)sum);
        else
            fprintf(page->out, "+Inf\"} %llu\n", (unsigned long long)sum);
    }
    fprintf(page->out, "quern_job_step_seconds_sum{queue=\"%s\",step=\"%s\"} %.6f\n", name, step_name(step),
            (double)histogram->sum_us / 1e6);
    fprintf(page->out, "quern_job_step_seconds_count{queue=\"%s\",step=\"%s\"} %llu\n", name, step_name(step),
            (unsigned long long)histogram->count);
}

static void write_steps(const struct page *page) {
    head(page->out, "quern_job_step_seconds", "histogram", "How long the steps of jobs took on this host.");
    for (uint32_t i = 0; i < page->settings->queue_count; i++)
        for (enum step step = 0; step < STEP_COUNT; step++)
            if (page->metrics->queues[i].steps[step].count)
                write_histogram(page, i, step);
}

// ---- the host's ----

static void write_host(const struct page *page) {
    const struct metrics *metrics = page->metrics;
    FILE *out = page->out;
    head(out, "quern_worker_slots", "gauge", "Workers of this host, by what they do.");
    fprintf(out, "quern_worker_slots{state=\"busy\"} %u\nquern_worker_slots{state=\"idle\"} %u\n", metrics->busy,
            metrics->draining ? 0 : metrics->idle);
    fprintf(out, "quern_worker_slots{state=\"draining\"} %u\n", metrics->draining ? metrics->busy + metrics->idle : 0);
    head(out, "quern_build_info", "gauge", "What runs here.");
    fprintf(out, "quern_build_info{version=\"%s\",host=\"%s\"} 1\n", QUERN_VERSION, page->settings->worker);
    counter(out, "quern_lease_renew_failures_total", "Renewals that were not answered.", metrics->renew_failures);
    gauge(out, "quern_claim_loop_last_success_timestamp_seconds", "When a claim was answered last.",
          metrics->claimed_unix_s);
    gauge(out, "quern_redis_up", "Whether Redis answers, and takes and keeps what the queues are given.",
          metrics->redis_answers && metrics->redis_good);
    gauge(out, "quern_redis_used_bytes", "Memory that Redis uses.", (double)metrics->redis_used_bytes);
    gauge(out, "quern_redis_max_bytes", "Its maxmemory; 0: no bound.", (double)metrics->redis_max_bytes);
    counter(out, "quern_redis_failures_total", "Calls of the keeper that were not answered.", metrics->redis_failures);
    head(out, "quern_redis_roundtrip_seconds", "summary", "Calls of the keeper to Redis.");
    fprintf(out, "quern_redis_roundtrip_seconds_sum %.6f\nquern_redis_roundtrip_seconds_count %llu\n",
            (double)metrics->redis_us / 1e6, (unsigned long long)metrics->redis_calls);
    gauge(out, "quern_segment_bytes", "Memory of decoded datasets.", (double)metrics->segment_bytes);
    counter(out, "quern_segment_hits_total", "Inputs that were in memory already.", metrics->segment_hits);
    counter(out, "quern_segment_loads_total", "Inputs that were decoded.", metrics->segment_decodes);
}

void metrics_write(const struct metrics *metrics, const struct settings *settings, FILE *out) {
    struct page page = {metrics, settings, out};
    write_host(&page);
    write_finished(&page);
    write_steps(&page);
    write_queue_counts(&page);
}
