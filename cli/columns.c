// SPDX-License-Identifier: Apache-2.0
#include "cli/columns.h"

#include <stdlib.h>
#include <string.h>

#include "quern/own.h"

// The name that begins here, without its backslashes; *list moves to the comma behind it or to the end.
static char *take_name(const char **list) {
    char *name = malloc(strlen(*list) + 1);
    size_t bytes = 0;
    if (!name)
        return NULL;
    for (; **list && **list != ','; (*list)++) {
        if (**list == '\\' && (*list)[1])
            (*list)++;
        name[bytes++] = **list;
    }
    name[bytes] = '\0';
    return name;
}

static int add(const char *flag, char *name, struct job_input *input, struct refusal *refusal) {
    char **columns = reallocarray(input->columns, input->column_count + 1, sizeof *columns);
    if (!columns || !name) {
        free(name);
        if (columns)
            input->columns = columns;
        return refuse(refusal, REASON_INFRA, "out of memory for the names of columns");
    }
    input->columns = columns;
    columns[input->column_count++] = name;
    if (!*name)
        return refuse(refusal, REASON_USAGE, "%s: expected a name between the commas, found none", flag);
    for (size_t i = 0; i + 1 < input->column_count; i++)
        if (strcmp(columns[i], name) == 0)
            return refuse(refusal, REASON_USAGE, "%s: '%s' was given twice", flag, name);
    return input->column_count > JOB_MAX_CHOSEN
               ? refuse(refusal, REASON_USAGE, "%s: expected at most %u columns", flag, JOB_MAX_CHOSEN)
               : 0;
}

int columns_parse(const char *flag, const char *list, struct job_input *input, struct refusal *refusal) {
    for (;; list++) {
        TRY(add(flag, take_name(&list), input, refusal));
        if (!*list)
            return 0;
    }
}
