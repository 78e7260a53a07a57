// SPDX-License-Identifier: Apache-2.0
#include "queue/address.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "quern/own.h"

enum { PORT_DEFAULT = 6379, DATABASE_MAX = 1023, URL_BYTES = 1024 };

static int refuse(const char *url, const char *why, struct err *err) {
    return err_set(err, REASON_CONFIG, "queue URL %.200s: %s", url, why);
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

static int parse_unix(const char *url, const char *rest, struct address *address, struct err *err) {
    if (strncmp(rest, "///", 3) == 0)
        rest += 2;
    size_t bytes = strcspn(rest, "?");
    uint64_t database = 0;
    if (rest[0] != '/' || !take(address->path, sizeof address->path, rest, bytes))
        return refuse(url, "expected the absolute path of a socket, 1 to 107 bytes", err);
    if (rest[bytes] && (strncmp(rest + bytes, "?db=", 4) != 0 || !number_of(rest + bytes + 4, DATABASE_MAX, &database)))
        return refuse(url, "expected ?db=NUMBER behind the path", err);
    address->database = (uint32_t)database;
    return 0;
}

static int parse_host(const char *url, char *host, struct address *address, struct err *err) {
    uint64_t port = PORT_DEFAULT;
    char *end = host[0] == '[' ? strchr(host, ']') : host + strcspn(host, ":");
    if (!end)
        return refuse(url, "expected ] behind an IPv6 address", err);
    bool bracket = *end == ']';
    const char *tail = end + bracket;
    if (*tail && (*tail != ':' || !number_of(tail + 1, UINT16_MAX, &port) || port == 0))
        return refuse(url, "expected a port of 1 to 65535 behind the host", err);
    const char *name = host + bracket;
    if (!take(address->host, sizeof address->host, name, (size_t)(end - name)))
        return refuse(url, "expected a host of 1 to 255 bytes", err);
    address->port = (uint16_t)port;
    return 0;
}

static int parse_redis(const char *url, const char *rest, struct address *address, struct err *err) {
    char buffer[URL_BYTES];
    uint64_t database = 0;
    snprintf(buffer, sizeof buffer, "%s", rest);
    char *slash = strchr(buffer, '/');
    if (slash)
        *slash++ = '\0';
    if (slash && *slash && !number_of(slash, DATABASE_MAX, &database))
        return refuse(url, "expected a database of 0 to 1023 behind the host", err);
    char *host = buffer, *at = strrchr(buffer, '@');
    if (at) {
        if (!take(address->user, sizeof address->user, buffer, (size_t)(at - buffer)))
            return refuse(url, "expected a user of 1 to 127 bytes", err);
        host = at + 1;
    }
    address->database = (uint32_t)database;
    return parse_host(url, host, address, err);
}

int address_parse(const char *url, struct address *ret, struct err *err) {
    struct address address = {0};
    const char *at = strrchr(url, '@');
    const char *colon = strchr(url, ':');
    // Before anything else, so that no message repeats a password.
    if (at && colon && memchr(colon + 1, ':', (size_t)(at - colon)))
        return err_set(
            err, REASON_CONFIG,
            "queue URL: a password does not belong into a URL, where others see it; name a file that has it");
    if (strlen(url) >= URL_BYTES)
        return err_set(err, REASON_CONFIG, "queue URL: expected at most %d bytes, found %zu", URL_BYTES - 1,
                       strlen(url));
    if (url[strcspn(url, "\r\n\t")])
        return err_set(err, REASON_CONFIG, "queue URL: expected no control characters");
    if (strncmp(url, "rediss:", 7) == 0)
        return refuse(url, "built without TLS; use a unix socket or a local TLS proxy such as stunnel", err);
    if (strncmp(url, "unix:", 5) == 0)
        TRY(parse_unix(url, url + 5, &address, err));
    else if (strncmp(url, "redis://", 8) == 0)
        TRY(parse_redis(url, url + 8, &address, err));
    else
        return refuse(url, "expected unix:/PATH or redis://HOST[:PORT][/DB]", err);
    *ret = address;
    return 0;
}

void address_name(const struct address *address, char name[ADDRESS_NAME_BYTES]) {
    if (address->path[0])
        snprintf(name, ADDRESS_NAME_BYTES, "%s", address->path);
    else
        snprintf(name, ADDRESS_NAME_BYTES, "%s:%u", address->host, (unsigned)address->port);
}
