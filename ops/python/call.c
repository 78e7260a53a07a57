// SPDX-License-Identifier: Apache-2.0
#include "ops/python/call.h"

#include <string.h>

#include "quern/own.h"

void call_open(struct call *call, int conversation, uint32_t profile) {
    *call = (struct call){
        .profile = profile, .script = -1, .bundle = -1, .table = -1, .requests = -1, .conversation = conversation};
}

void call_close(struct call *call) {
    own_close(&call->script);
    own_close(&call->bundle);
    own_close(&call->table);
    own_close(&call->requests);
    for (uint32_t i = 0; i < call->input_count; i++)
        own_close(&call->inputs[i].fd);
    for (uint32_t i = 0; i < call->column_count; i++)
        free(call->columns[i]);
    free(call->columns);
    free(call->params);
    call_open(call, -1, 0);
}

static int check_terminated(const char *what, const char *text, size_t bytes, struct err *err) {
    if (!memchr(text, '\0', bytes))
        return err_set(err, REASON_BUG, "%s: expected a text of at most %zu bytes, found no end", what, bytes - 1);
    return 0;
}

// A name becomes a file of the work directory.
static int check_file_name(const char *what, const char *name, struct err *err) {
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return err_set(err, REASON_BUG, "%s: expected a file name without a directory, found '%s'", what, name);
    return 0;
}

static int take_file(const char *what, int *home, char *home_name, const struct host_call *record, int *fd,
                     struct err *err) {
    if (*home >= 0)
        return err_set(err, REASON_BUG, "%s: expected one record, found a second", what);
    TRY(check_file_name(what, record->name, err));
    memcpy(home_name, record->name, HOST_NAME_BYTES);
    *home = steal_fd(fd);
    return 0;
}

static int take_bundle(struct call *call, const struct host_call *record, int *fd, struct err *err) {
    TRY(take_file("BUNDLE", &call->bundle, call->bundle_name, record, fd, err));
    call->bundle_ceilings = record->bundle;
    return 0;
}

static int take_table(struct call *call, const struct host_call *record, int *fd, struct err *err) {
    if (record->separator != ',' && record->separator != '\t')
        return err_set(err, REASON_BUG, "TABLE: expected a comma or a tab as separator, found %u", record->separator);
    if (record->flags & ~(uint32_t)HOST_NO_HEADER)
        return err_set(err, REASON_BUG, "TABLE: flags %#x are unknown", record->flags);
    TRY(take_file("TABLE", &call->table, call->table_name, record, fd, err));
    call->separator = (char)record->separator;
    call->no_header = (record->flags & HOST_NO_HEADER) != 0;
    return 0;
}

// Keeps the inputs in ascending order of their ports.
static int take_input(struct call *call, const struct host_call *record, int *fd, struct err *err) {
    if (record->port < 1 || record->port > HOST_MAX_PORTS)
        return err_set(err, REASON_BUG, "INPUT: expected a port from 1 to %u, found %u", HOST_MAX_PORTS, record->port);
    if (record->flags >= OBJECT_KIND_COUNT)
        return err_set(err, REASON_BUG, "INPUT: kind %u is unknown", record->flags);
    TRY(check_terminated("INPUT", record->value, HOST_NAME_BYTES, err));
    uint32_t at = call->input_count;
    while (at > 0 && call->inputs[at - 1].port > record->port)
        at--;
    if (at > 0 && call->inputs[at - 1].port == record->port)
        return err_set(err, REASON_BUG, "INPUT: port %u came twice", record->port);
    memmove(&call->inputs[at + 1], &call->inputs[at], (call->input_count - at) * sizeof call->inputs[0]);
    call->inputs[at] = (struct call_input){.port = record->port, .fd = steal_fd(fd), .kind = record->flags};
    memcpy(call->inputs[at].parameter, record->value, sizeof call->inputs[at].parameter);
    memcpy(call->inputs[at].name, record->name, sizeof record->name);
    call->input_count++;
    return 0;
}

static int take_param(struct call *call, const struct host_call *record, struct err *err) {
    TRY(check_terminated("PARAM", record->value, sizeof record->value, err));
    if (!*record->name)
        return err_set(err, REASON_BUG, "PARAM: expected a key, found none");
    for (uint32_t i = 0; i < call->param_count; i++)
        if (strcmp(call->params[i].key, record->name) == 0)
            return err_set(err, REASON_BUG, "PARAM: key '%s' came twice", record->name);
    if (call->param_count == CALL_MAX_PARAMS)
        return err_set(err, REASON_BUG, "PARAM: expected at most %u records, found more", CALL_MAX_PARAMS);
    if (!call->params)
        call->params = calloc(CALL_MAX_PARAMS, sizeof call->params[0]);
    if (!call->params)
        return err_sys(err, REASON_INFRA, "PARAM");
    struct call_param *param = &call->params[call->param_count++];
    memcpy(param->key, record->name, sizeof param->key);
    memcpy(param->value, record->value, sizeof param->value);
    return 0;
}

static int take_column(struct call *call, const struct host_call *record, struct err *err) {
    TRY(check_terminated("COLUMN", record->value, sizeof record->value, err));
    if (call->column_count == CALL_MAX_COLUMNS)
        return err_set(err, REASON_BUG, "COLUMN: expected at most %u records, found more", CALL_MAX_COLUMNS);
    char **columns = reallocarray(call->columns, call->column_count + 1, sizeof *columns);
    if (!columns)
        return err_sys(err, REASON_INFRA, "COLUMN");
    call->columns = columns;
    columns[call->column_count] = strdup(record->value);
    if (!columns[call->column_count])
        return err_sys(err, REASON_INFRA, "COLUMN");
    call->column_count++;
    return 0;
}

static int take_requests(struct call *call, int *fd, struct err *err) {
    if (call->requests >= 0)
        return err_set(err, REASON_BUG, "REQUESTS: expected one record, found a second");
    call->requests = steal_fd(fd);
    return 0;
}

static int check_task(const struct call *call, struct err *err) {
    if (call->task == HOST_TASK_RUN && (call->script < 0 || call->table >= 0 || call->column_count))
        return err_set(err, REASON_BUG, "START: a run needs a SCRIPT and neither TABLE nor COLUMN");
    if (call->task == HOST_TASK_TYPE &&
        (call->table < 0 || call->script >= 0 || call->input_count || call->requests >= 0))
        return err_set(err, REASON_BUG, "START: typing needs a TABLE and neither SCRIPT nor INPUT nor REQUESTS");
    if (call->task == HOST_TASK_LINT && (call->script < 0 || call->table >= 0 || call->input_count))
        return err_set(err, REASON_BUG, "START: a check needs a SCRIPT and neither TABLE nor INPUT");
    return 0;
}

static int take_start(struct call *call, const struct host_call *record, struct err *err) {
    if (record->task < HOST_TASK_RUN || record->task > HOST_TASK_LINT)
        return err_set(err, REASON_BUG, "START: task %u is unknown", record->task);
    if (record->dialect < HOST_CLASSIC || record->dialect > HOST_QUERN)
        return err_set(err, REASON_BUG, "START: dialect %u is unknown", record->dialect);
    if (record->flags & ~(uint32_t)(HOST_DEBUG | HOST_LEGACY | HOST_STRICT))
        return err_set(err, REASON_BUG, "START: flags %#x are unknown", record->flags);
    call->task = record->task;
    call->dialect = record->dialect;
    call->flags = record->flags;
    memcpy(call->id, record->name, sizeof call->id);
    TRY(check_task(call, err));
    return 1;
}

static int check_fd_count(const struct host_call *record, size_t fd_count, struct err *err) {
    size_t expected = record->kind != HOST_PARAM && record->kind != HOST_COLUMN && record->kind != HOST_START;
    if (fd_count != expected)
        return err_set(err, REASON_BUG, "record %u: expected %zu descriptors, found %zu", record->kind, expected,
                       fd_count);
    return 0;
}

int call_take(struct call *call, const struct host_call *record, int *fd, struct err *err) {
    TRY(check_fd_count(record, *fd >= 0, err));
    TRY(check_terminated("name", record->name, sizeof record->name, err));
    switch (record->kind) {
    case HOST_SCRIPT:
        return take_file("SCRIPT", &call->script, call->script_name, record, fd, err);
    case HOST_BUNDLE:
        return take_bundle(call, record, fd, err);
    case HOST_INPUT:
        return take_input(call, record, fd, err);
    case HOST_TABLE:
        return take_table(call, record, fd, err);
    case HOST_PARAM:
        return take_param(call, record, err);
    case HOST_COLUMN:
        return take_column(call, record, err);
    case HOST_REQUESTS:
        return take_requests(call, fd, err);
    case HOST_START:
        return take_start(call, record, err);
    default:
        return err_set(err, REASON_BUG, "record %u is not expected here", record->kind);
    }
}
