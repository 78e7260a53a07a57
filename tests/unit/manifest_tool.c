// SPDX-License-Identifier: Apache-2.0
// Prints one manifest per case, separated by a line with a single 0x1e, for tests/e2e/test_manifest_schema.py.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quern/job.h"
#include "quern/own.h"

static void print(const struct manifest *manifest) {
    struct err err;
    auto_free char *json = NULL;
    size_t bytes = 0;
    if (manifest_encode(manifest, &json, &bytes, &err) < 0)
        printf("%s\n", err.msg);
    else
        printf("%s\x1e\n", json);
}

static void print_full(struct manifest *manifest) {
    for (uint32_t i = 0; i < HOST_MAX_PORTS; i++) {
        manifest->inputs[i] = (struct manifest_input){.port = i + 1, .name = "p\xc3\xa4tients \"1\"", .version = "v1"};
        manifest->outputs[i] = (struct manifest_output){.port = "dataset1", .key = "dataset1.arrow", .version = "v2"};
    }
    manifest->inputs[0].segment_bytes = UINT64_MAX;
    manifest->inputs[0].columns = 203;
    manifest->inputs[0].listed = calloc(MANIFEST_MAX_LISTED, sizeof *manifest->inputs[0].listed);
    for (uint32_t i = 0; manifest->inputs[0].listed && i < MANIFEST_MAX_LISTED; i++) {
        manifest->inputs[0].listed[i] = (struct manifest_column){
            .name = "\xff \"1\"", .type = "double", .treatment = "converted", .why = "because", .bytes = i};
        manifest->inputs[0].listed_count++;
    }
    manifest->input_count = manifest->output_count = HOST_MAX_PORTS;
    manifest->outputs[1].key[0] = manifest->outputs[1].version[0] = '\0';
    manifest->warning_count = 40;
    manifest->files = calloc(1, sizeof *manifest->files);
    manifest->written = calloc(1, sizeof *manifest->written);
    manifest->metrics = calloc(2, sizeof *manifest->metrics);
    if (!manifest->files || !manifest->written || !manifest->metrics)
        abort();
    manifest->files[0] = (struct manifest_file){.name = "outputs/\xff", .key = "job:01J/files/outputs/x", .bytes = 5};
    manifest->written[0] = (struct manifest_file){.key = "team/scores", .version = "v3", .bytes = 6};
    manifest->file_count = manifest->written_count = 1;
    manifest->metrics[0] = (struct manifest_metric){strdup("mae \xc3\xa4"), strdup("0.5")};
    manifest->metrics[1] = (struct manifest_metric){strdup("roc"), strdup("{\"x\":[1,2]}")};
    manifest->metric_count = 2;
    memset(manifest->warnings, 0xff, sizeof manifest->warnings);
    memset(manifest->jail.level ? manifest->exception : manifest->python, 'x', 31);
    manifest->step_us[STEP_RUN] = 1234567;
    for (enum limit_row row = 0; row < LIMITS_COUNT; row++) {
        limits_set(&manifest->limits, row, limits_table[row].usual);
        manifest->limit_origins[row] = row % 4;
    }
    print(manifest);
    manifest_done(manifest);
}

int main(void) {
    static struct manifest manifest;
    for (uint32_t state = 0; state < JOB_STATE_COUNT; state++)
        for (uint32_t reason = 0; reason < REASON_COUNT; reason++) {
            manifest = (struct manifest){
                .id = "01J", .state = state, .environment = "default", .started_unix_us = 1754300000123456};
            manifest.err =
                (struct err){.reason = reason, .detail = 9, .msg = "it's \"bad\"\n\xf0\x9f\x92\xa9 \xff\x01"};
            manifest.jail.level = reason % 4;
            snprintf(manifest.exception, sizeof manifest.exception, "%s", reason % 2 ? "ValueError" : "");
            print(&manifest);
        }
    print_full(&manifest);
    return 0;
}
