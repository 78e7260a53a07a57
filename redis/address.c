// SPDX-License-Identifier: Apache-2.0
#include "redis/address.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quern/own.h"

enum { PORT_DEFAULT = 6379, DATABASE_MAX = 1023, URL_BYTES = 1024 };

// The URL under the knife: `rest` is what has not been understood yet.
struct cut {
    const char *what, *url;
    char *rest;
};

static int refuse(const struct cut *cut, const char *why, struct err *err) {
    return err_set(err, REASON_CONFIG, "%s %.200s: %s", cut->what, cut->url, why);
}

static bool number_of(const char *text, uint64_t most, uint64_t *ret) {
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || *end || value > most)
        return false;
    *ret = value;
    return true;
}

static bool take(char *place, size_t room, const char *text, size_t bytes) {
    if (bytes == 0 || bytes >= room)
        return false;
    memcpy(place, text, bytes);
    place[bytes] = '\0';
    return true;
}

/* ---- ?db=N&prefix=NAME ---- */

static bool is_prefix(const char *text) {
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == strlen(text) && !strchr("_.-", text[0]);
}

static int parse_option(const struct cut *cut, const char *option, struct address *address, struct err *err) {
    uint64_t database = 0;
    if (strncmp(option, "db=", 3) == 0) {
        if (!number_of(option + 3, DATABASE_MAX, &database))
            return refuse(cut, "expected a database of 0 to 1023 behind ?db=", err);
        address->database = (uint32_t)database;
        return 0;
    }
    if (strncmp(option, "prefix=", 7) != 0)
        return refuse(cut, "expected ?db=NUMBER or ?prefix=NAME behind the address", err);
    const char *prefix = option + 7;
    if (!is_prefix(prefix) || !take(address->prefix, sizeof address->prefix, prefix, strlen(prefix)))
        return refuse(cut, "expected a prefix of 1 to 63 of a-z 0-9 _ . -, the first a-z 0-9", err);
    return 0;
}

static int parse_options(const struct cut *cut, struct address *address, struct err *err) {
    char *mark = strchr(cut->rest, '?'), *left = NULL;
    if (!mark)
        return 0;
    *mark = '\0';
    for (char *option = strtok_r(mark + 1, "&", &left); option; option = strtok_r(NULL, "&", &left))
        TRY(parse_option(cut, option, address, err));
    return 0;
}

/* ---- the two kinds ---- */

static int parse_unix(const struct cut *cut, struct address *address, struct err *err) {
    const char *path = cut->rest + (strncmp(cut->rest, "///", 3) == 0 ? 2 : 0);
    if (path[0] != '/' || !take(address->path, sizeof address->path, path, strlen(path)))
        return refuse(cut, "expected the absolute path of a socket, 1 to 107 bytes", err);
    return 0;
}

static int parse_host(const struct cut *cut, const char *host, struct address *address, struct err *err) {
    uint64_t port = PORT_DEFAULT;
    const char *end = host[0] == '[' ? strchr(host, ']') : host + strcspn(host, ":");
    if (!end)
        return refuse(cut, "expected ] behind an IPv6 address", err);
    bool bracket = *end == ']';
    const char *tail = end + bracket;
    if (*tail && (*tail != ':' || !number_of(tail + 1, UINT16_MAX, &port) || port == 0))
        return refuse(cut, "expected a port of 1 to 65535 behind the host", err);
    const char *name = host + bracket;
    if (!take(address->host, sizeof address->host, name, (size_t)(end - name)))
        return refuse(cut, "expected a host of 1 to 255 bytes", err);
    address->port = (uint16_t)port;
    return 0;
}

static int parse_redis(const struct cut *cut, struct address *address, struct err *err) {
    uint64_t database = address->database;
    char *host = cut->rest, *slash = strchr(host, '/');
    if (slash)
        *slash++ = '\0';
    if (slash && *slash && !number_of(slash, DATABASE_MAX, &database))
        return refuse(cut, "expected a database of 0 to 1023 behind the host", err);
    address->database = (uint32_t)database;
    char *at = strrchr(host, '@');
    if (!at)
        return parse_host(cut, host, address, err);
    if (!take(address->user, sizeof address->user, host, (size_t)(at - host)))
        return refuse(cut, "expected a user of 1 to 127 bytes", err);
    return parse_host(cut, at + 1, address, err);
}

/* ---- the whole ---- */

// Before anything else, so that no message repeats a password.
static int check_url(const char *what, const char *url, struct err *err) {
    const char *at = strrchr(url, '@');
    const char *colon = strchr(url, ':');
    if (at && colon && memchr(colon + 1, ':', (size_t)(at - colon)))
        return err_set(err, REASON_CONFIG,
                       "%s: a password does not belong into a URL, where others see it; name a file that has it", what);
    if (strlen(url) >= URL_BYTES)
        return err_set(err, REASON_CONFIG, "%s: expected at most %d bytes, found %zu", what, URL_BYTES - 1,
                       strlen(url));
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return err_set(err, REASON_CONFIG, "%s: expected no control characters", what);
    return 0;
}

static bool begins(struct cut *cut, const char *scheme) {
    size_t bytes = strlen(scheme);
    if (strncmp(cut->rest, scheme, bytes) != 0)
        return false;
    cut->rest += bytes;
    return true;
}

int address_parse(const char *what, const char *url, struct address *ret, struct err *err) {
    struct address address = {.database = 0};
    char buffer[URL_BYTES];
    TRY(check_url(what, url, err));
    snprintf(buffer, sizeof buffer, "%s", url);
    struct cut cut = {what, url, buffer};
    TRY(parse_options(&cut, &address, err));
    if (begins(&cut, "rediss:"))
        return refuse(&cut, "built without TLS; use a unix socket or a local TLS proxy such as stunnel", err);
    if (begins(&cut, "redis+unix:") || begins(&cut, "unix:"))
        TRY(parse_unix(&cut, &address, err));
    else if (begins(&cut, "redis://"))
        TRY(parse_redis(&cut, &address, err));
    else
        return refuse(&cut, "expected redis://HOST[:PORT][/DB] or redis+unix:/PATH", err);
    *ret = address;
    return 0;
}

void address_name(const struct address *address, char name[ADDRESS_NAME_BYTES]) {
    if (address->path[0])
        snprintf(name, ADDRESS_NAME_BYTES, "%s", address->path);
    else
        snprintf(name, ADDRESS_NAME_BYTES, "%s:%u", address->host, (unsigned)address->port);
}
