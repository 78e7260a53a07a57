/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A running job on the terminal: its steps, its output, and at the end what came of it.
 *
 * Calling sequence: render_init() → render_event() and render_tick() while the job runs → summary_print() (summary.h) →
 * render_done(). What the script writes to stdout goes to our stdout, all else to stderr: steps, tables, pictures,
 * reasons. With `quiet` (--json) nothing is said of steps and results, and the script's stdout goes to stderr as well.
 *
 * On a terminal each step is one line that is updated and stays as a summary; elsewhere it is one line when it ends. A
 * NOTE during a step is what the step's line tells beside its time. To a terminal the script's output is filtered
 * (escape.h), to a pipe it goes byte by byte.
 *
 * A reader that is slow or stops reading holds up nothing here (backlog.h): only render_done() waits for it.
 *
 * Ownership: the two files are borrowed, and written to by nobody else until render_done(); previews and the picture are
 * kept as long. The struct must not be moved.
 */
#ifndef QUERN_CLI_RENDER_H
#define QUERN_CLI_RENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/backlog.h"
#include "cli/image.h"
#include "cli/terminal.h"
#include "quern/events.h"
#include "quern/host.h"

#define RENDER_DETAIL_BYTES 512

struct render_options {
    FILE *out, *notes; /* stdout, stderr */
    enum terminal_colour colour;
    enum image_protocol image;
    bool quiet;
    bool still;               /* no line that is updated: the script has the terminal (--pdb) */
    uint64_t (*now_us)(void); /* NULL: the monotonic clock */
};

struct render_preview {
    char name[HOST_NAME_BYTES]; /* of the output */
    char *json;                 /* owned */
    size_t bytes;
};

struct render {
    struct terminal out, notes;
    struct backlog out_backlog, notes_backlog; /* the second is not open when both have one reader */
    struct escape out_escape, notes_escape;
    enum image_protocol image;
    bool quiet, still;
    uint64_t (*now_us)(void);
    uint64_t begin_us;
    bool in_step, failed;
    uint32_t step;
    uint64_t step_begin_us;
    char detail[RENDER_DETAIL_BYTES];
    bool progress; /* `detail` is what the script says of itself */
    bool live;     /* the line of the step stands on the terminal */
    struct render_preview previews[HOST_MAX_PORTS];
    uint32_t preview_count;
    int picture; /* owned, or -1 */
};

void render_init(struct render *render, const struct render_options *options);
void render_event(struct render *render, const struct event *event, int fd);
void render_tick(struct render *render);

/* Ends what is open: the line of a step that did not finish, the script's last line. */
void render_close(struct render *render);
/* Forgets what nobody has read yet. */
void render_drop(struct render *render);
void render_done(struct render *render);

#endif
