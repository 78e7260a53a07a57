// SPDX-License-Identifier: Apache-2.0
#include "redis/password.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "quern/own.h"
#include "quern/secrecy.h"

void password_wipe(struct password *password) { explicit_bzero(password, sizeof *password); }

int password_read(const char *file, struct password *ret, struct err *err) {
    auto_password struct password line = {""};
    TRY(secrecy_begin(err));
    auto_fd int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_sys(err, REASON_CONFIG, "password file %s", file);
    ssize_t got = read(fd, line.text, sizeof line.text);
    if (got < 0)
        return err_sys(err, REASON_CONFIG, "password file %s", file);
    size_t bytes = 0;
    while (bytes < (size_t)got && !strchr("\r\n", line.text[bytes]))
        bytes++;
    if (bytes == 0 || bytes == sizeof line.text)
        return err_set(err, REASON_CONFIG, "password file %s: expected a first line of 1 to %d bytes", file,
                       PASSWORD_BYTES - 1);
    line.text[bytes] = '\0';
    *ret = line;
    return 0;
}
