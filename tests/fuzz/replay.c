// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file of a directory: found inputs stay found, with any compiler.
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "quern/memory.h"
#include "quern/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static int replay(int dir, const char *name) {
    struct err err;
    auto_free char *bytes = NULL;
    size_t count;
    auto_fd int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || memory_read(fd, name, 64u << 20, &bytes, &count, &err) < 0)
        return 0;
    LLVMFuzzerTestOneInput((const uint8_t *)bytes, count);
    return 1;
}

int main(int argc, char **argv) {
    int replayed = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        if (!dir) {
            perror(argv[i]);
            return 1;
        }
        for (struct dirent *entry; (entry = readdir(dir));)
            if (entry->d_name[0] != '.')
                replayed += replay(dirfd(dir), entry->d_name);
        closedir(dir);
    }
    printf("%d inputs replayed\n", replayed);
    return replayed > 0 ? 0 : 1;
}
