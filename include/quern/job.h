/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The job document and the result manifest: JSON outside, structs inside. schemas/job.schema.json and
 * schemas/manifest.schema.json define every field; what they refuse, job_decode() refuses with the field's path.
 *
 * Calling sequence: fill a struct job (job_defaults() first) → job_encode() → bytes that travel → job_decode() on the
 * other side. Likewise manifest_encode(). Unknown fields are errors: typos are found.
 *
 * Ownership: struct job owns its strings; job_free() accepts half-built ones. Units are in the names.
 * Errors: REASON_BAD_INPUT with the JSON path ("limits.memory_bytes: expected a positive integer, found \"2G\"").
 */
#ifndef QUERN_JOB_H
#define QUERN_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quern/environment.h"
#include "quern/err.h"
#include "quern/host.h"
#include "quern/limits.h"
#include "quern/object.h"
#include "quern/steps.h"
#include "quern/storage.h"

#define JOB_SCHEMA 1
#define JOB_MAX_BYTES (4u << 20)
#define JOB_ID_BYTES 65 /* [A-Za-z0-9_-]{1,64} */
#define JOB_MAX_PARAMS 256u
#define JOB_MAX_DEPTH 32

#define JOB_MAX_CHOSEN 10000u /* columns that are asked for by name, of one input */

enum job_decimals { JOB_DECIMALS_FLOAT = 1, JOB_DECIMALS_TEXT = 2 };
/* The last ones are the objects of schemas/objects.def, in its order. */
enum job_format { JOB_ARROW = 1, JOB_CSV = 2, JOB_TSV = 3, JOB_ARFF = 4, JOB_FORMATS = JOB_ARFF + OBJECT_KIND_COUNT };

/* enum object_kind of an input: DATASET for all that becomes a frame. */
static inline uint32_t job_object(uint32_t format) { return format > JOB_ARFF ? format - JOB_ARFF : OBJECT_DATASET; }
static inline uint32_t job_format_of(uint32_t object) {
    return object == OBJECT_DATASET ? JOB_ARROW : JOB_ARFF + object;
}

/* Typed by pandas; the only ones that may have no header. */
static inline bool job_is_text_table(uint32_t format) { return format == JOB_CSV || format == JOB_TSV; }

/* A file or object: where it is and, once pinned, exactly which bytes. */
struct job_source {
    char *url;     /* owned; "file:/abs/path" or a storage key */
    char *version; /* owned; NULL: not pinned yet */
    char *name;    /* owned; the file name that people see */
};

struct job_input {
    uint32_t port;   /* 1..HOST_MAX_PORTS */
    uint32_t format; /* enum job_format */
    bool no_header;  /* CSV and TSV: the first line is data; columns are Col1, Col2, ... */
    struct job_source source;
    char **columns; /* owned, as the names in it: only these, in this order; NULL: all */
    size_t column_count;
    char *parameter; /* owned; the parameter of azureml_main that gets it; NULL: by its port */
};

struct job_param {
    char *key, *value; /* owned */
};

struct job_output {
    char *port; /* owned; "dataset1", "dataset2", "visualization", or a named output; JOB_OUTPUT_ALL */
    char *key;  /* owned */
};

/* The port that stands for all outputs without a key of their own (`submit -o KEY`): dataset1 is KEY itself, the picture
 * KEY/visualization.png, every other one KEY/PORT. */
#define JOB_OUTPUT_ALL "*"

#define JOB_MAX_PREFIXES 64u

struct job {
    char id[JOB_ID_BYTES];
    uint32_t dialect; /* enum host_dialect */
    bool strict;      /* what the original refused is refused */
    char environment[ENVIRONMENT_NAME_BYTES];
    struct job_source script;
    struct job_source bundle; /* url NULL: none */
    struct job_input *inputs; /* owned */
    size_t input_count;
    struct job_param *params;
    size_t param_count;
    struct job_output *outputs;
    size_t output_count;
    /* What the job may touch of a queue's catalogue beside its outputs and `job:ID/`. A prefix covers the key that it is
     * and all keys below it: "a" covers "a" and "a/b", not "ab". */
    char **read; /* owned; NULL: all keys */
    size_t read_count;
    char **write; /* owned; NULL: none */
    size_t write_count;
    struct job_limits limits; /* 0: says nothing. A worker settles them */
    bool debug;               /* without a time limit, unless it says one */
    bool legacy;              /* what NumPy, pandas and scikit-learn removed works again */
    uint32_t decimals;        /* enum job_decimals: what decimals of the inputs become */
};

void job_defaults(struct job *job); /* quern dialect, environment "default", no limits asked for, a fresh id (ULID) */
void job_free(struct job *job);
MUST_USE int job_check(const struct job *job, struct err *err);

/* The key of an output: its own, or by JOB_OUTPUT_ALL. 1: there is one, 0: the output is only `job:ID/PORT`, -1: it would be
 * longer than a key may be. */
MUST_USE int job_output_key(const struct job *job, const char *port, char *ret_key, size_t room, struct err *err);
const char *job_dialect_name(uint32_t dialect);           /* of enum host_dialect; what is none of it is "quern" */
bool job_source_is_file(const struct job_source *source); /* file:/path; else a key */
bool job_may_read(const struct job *job, const char *key);
bool job_may_write(const struct job *job, const char *key);
MUST_USE int job_encode(const struct job *job, char **ret_json, size_t *ret_bytes, struct err *err);
MUST_USE int job_decode(const char *json, size_t bytes, struct job *ret, struct err *err);

/* ---- the result manifest (job.json) ---- */

enum job_state {
#define STATE(NAME, word) JOB_##NAME,
#include "../../schemas/words.def"
#undef STATE
    JOB_STATE_COUNT
};

const char *job_state_name(enum job_state state);

#define MANIFEST_UNKNOWN UINT64_MAX /* a figure that could not be had: null */

/* The report on a column lists so many of an input, and of all inputs together. */
#define MANIFEST_MAX_LISTED 200u
#define MANIFEST_MAX_LISTED_IN_ALL 1000u

struct manifest_column {
    char name[HOST_NAME_BYTES];         /* cut where it is longer */
    const char *type, *treatment, *why; /* constants: segment.h, treatment.h */
    uint64_t bytes;
};

struct manifest_input {
    uint32_t port, kind; /* kind: enum object_kind; an object has no rows */
    char name[HOST_NAME_BYTES];
    char version[256];
    uint64_t rows, columns, segment_bytes;
    bool cached;                    /* the segment was on the host already */
    struct manifest_column *listed; /* malloc'ed, freed by manifest_done() */
    uint32_t listed_count;
};

#define MANIFEST_MAX_OUTPUTS (HOST_MAX_PORTS + 1u) /* and the picture */

struct manifest_output {
    char port[HOST_NAME_BYTES];  /* "dataset1", ... "visualization" */
    uint32_t kind;               /* enum object_kind; only a dataset has rows */
    char key[STORAGE_KEY_BYTES]; /* file name or storage key; empty: not kept */
    char version[256];
    uint64_t rows, columns, segment_bytes, bytes;
};

/* A file that the script kept (of `./outputs`, of `./logs`, or given by `run.upload_file`), or a key that it wrote. */
struct manifest_file {
    char name[HOST_NAME_BYTES];  /* of a file: its path, `/` between the parts; of a key: empty */
    char key[STORAGE_KEY_BYTES]; /* path below `run -o DIR`, or storage key; empty: not kept */
    char version[256];
    uint32_t kind; /* enum object_kind */
    uint64_t bytes;
};

#define MANIFEST_MAX_FILES 256u    /* files that a job keeps */
#define MANIFEST_MAX_WRITTEN 64u   /* keys that a script writes during its run */
#define MANIFEST_FILES_DIR "files" /* a file stands at `job:ID/files/NAME`, or DIR/files/NAME */

/* What the script logged, in its order; a name may come again. */
struct manifest_metric {
    char *name, *value; /* owned; the value is JSON */
};

#define MANIFEST_MAX_METRICS 10000u
#define MANIFEST_MAX_METRIC_BYTES (256u << 10) /* of all names and values together */

struct manifest {
    char id[JOB_ID_BYTES];
    uint32_t state;                   /* enum job_state */
    struct err err;                   /* why it failed; reason 0 when it succeeded. msg of an exception: without type */
    uint32_t error_number;            /* BAD_INPUT: HOST_ERROR_*; 0: the reason tells */
    char exception[HOST_NAME_BYTES];  /* the type, when the script raised one */
    char traceback[HOST_VALUE_BYTES]; /* of that; empty unless the dialect's message has it */
    uint32_t line;                    /* of the script; 0: there is none */
    bool in_entry;                    /* the line stands in azureml_main */
    uint32_t dialect;                 /* enum host_dialect */
    bool strict;
    char environment[ENVIRONMENT_NAME_BYTES];
    char python[32], pandas[32];
    uint64_t step_us[STEP_COUNT]; /* 0: not reached; of STEP_COMPLETE it is not recorded */
    uint64_t started_unix_us;     /* the claim began */
    struct manifest_input inputs[HOST_MAX_PORTS];
    uint32_t input_count;
    struct manifest_output outputs[MANIFEST_MAX_OUTPUTS];
    uint32_t output_count;
    struct manifest_file *files, *written; /* malloc'ed, freed by manifest_done() */
    uint32_t file_count, written_count;
    struct manifest_metric *metrics; /* likewise */
    uint32_t metric_count;
    uint32_t pictures, picture_width, picture_height;
    struct jail_facts jail;
    struct job_limits limits; /* as they counted; 0: it did not get so far as to have them */
    uint8_t limit_origins[LIMITS_COUNT];
    uint64_t user_us, system_us, peak_rss_bytes;
    uint64_t peak_bytes;            /* of all processes together; MANIFEST_UNKNOWN: nobody looked */
    uint64_t private_dirty_bytes;   /* MANIFEST_UNKNOWN: not measured; of the child, at the end of the script */
    uint64_t copied_on_write_bytes; /* of that, in the mapped inputs */
    uint64_t stdout_bytes, stderr_bytes;
    bool stdout_truncated, stderr_truncated;
    char warnings[32][ERR_MSG_BYTES];
    uint32_t warning_count; /* beyond 32 only counted */
};

/* What went wrong, for people: "ValueError: bad" of an exception, else the sentence of .err. */
void manifest_message(const struct manifest *manifest, char *text, size_t room);

/* The files of `run -o DIR`, NULL at the end; beside them stand those of named outputs. */
extern const char *const manifest_files[];

void manifest_done(struct manifest *manifest);

/* Pretty-printed JSON with a final newline. A failed job has an `error` object, as the services of the original have it. */
MUST_USE int manifest_encode(const struct manifest *manifest, char **ret_json, size_t *ret_bytes, struct err *err);

/* The same within `most` bytes: without the reports on columns, then the warnings, then the metrics but the last of each
 * name, then all of them, then the files; what is left out is counted.
 * What is longer still is REASON_LIMIT_OUTPUT. */
MUST_USE int manifest_encode_brief(const struct manifest *manifest, size_t most, char **ret_json, size_t *ret_bytes,
                                   struct err *err);

#endif
