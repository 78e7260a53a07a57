// SPDX-License-Identifier: Apache-2.0
#include "cli/environment_json.h"

#include "cli/limits_told.h"
#include "quern/own.h"
#include "quern/segment.h"

static const char *wanted_profile(const struct environment *environment) {
    static const char *const words[] = {
        [ENVIRONMENT_AUTO] = "auto", [ENVIRONMENT_NS] = "ns", [ENVIRONMENT_UNITS] = "units"};
    return words[environment->profile % 3];
}

static json_t *preload(const struct environment *environment) {
    json_t *list = json_array();
    for (uint32_t i = 0; list && i < environment->preload_count; i++)
        json_array_append_new(list, json_string(environment->preload[i]));
    return list;
}

json_t *environment_json(const struct environments_entry *entry, const char *error) {
    const struct environment *environment = &entry->environment;
    json_t *object = json_pack("{s:s, s:s?, s:s?}", "name", environment->name, "file",
                               *entry->file ? entry->file : NULL, "error", error && *error ? error : NULL);
    if (!object || *entry->fault)
        return object;
    json_object_set_new(object, "python", json_string(environment->python));
    json_object_set_new(object, "profile", json_string(wanted_profile(environment)));
    json_object_set_new(object, "preload", preload(environment));
    json_object_set_new(object, "legacy", json_boolean(environment->legacy));
    json_object_set_new(object, "network", json_string(environment->network_open ? "open" : "denied"));
    json_object_set_new(object, "limits", limits_told_json(environment));
    return object;
}

const char *environment_profile_name(const struct host_ready *ready) {
    return ready->profile == SEGMENT_PROFILE_NS ? "ns" : "units";
}

json_t *environment_json_found(const struct host_ready *ready) {
    if (!ready)
        return json_null();
    return json_pack("{s:s, s:s, s:s, s:I, s:s}", "python", ready->python, "pandas", ready->pandas, "profile",
                     environment_profile_name(ready), "import_ms", (json_int_t)(ready->import_us / 1000), "jail",
                     jail_level_name((enum jail_level)ready->facts.level));
}

bool environment_json_print(json_t *object) {
    auto_free char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text)
        puts(text);
    return text != NULL;
}
