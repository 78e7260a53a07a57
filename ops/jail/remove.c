// SPDX-License-Identifier: Apache-2.0
// No recursion: what a directory holds is brought up beside it before it goes. So the depth that a script chose costs neither
// stack nor descriptors, nor is any path longer than two names.
#include "remove.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quern/dice.h"
#include "quern/own.h"

struct removal {
    int top;
    uint32_t left; // entries that may still go
};

static DIR *list(int dir) {
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    if (!stream)
        own_close(&fd);
    return stream;
}

static const char *next_name(DIR *stream) {
    for (struct dirent *entry; (entry = readdir(stream));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    return NULL;
}

// To the top, under a name that nobody has. A directory moves only where it may be written to.
static int bring_up(const struct removal *removal, int dir, const char *name) {
    char fresh[DICE_HEX_BYTES];
    dice_hex(fresh);
    (void)!fchmodat(dir, name, 0700, 0);
    return renameat2(dir, name, removal->top, fresh, RENAME_NOREPLACE);
}

static int clear_directory(struct removal *removal, int dir) {
    DIR *stream = list(dir);
    if (!stream)
        return -1;
    int done = 0;
    for (const char *name; done == 0 && removal->left > 0 && (name = next_name(stream)); removal->left--)
        if (unlinkat(dir, name, 0) < 0)
            done = errno == EISDIR ? bring_up(removal, dir, name) : -1;
    closedir(stream);
    return done;
}

static int remove_directory(struct removal *removal, const char *name) {
    if (unlinkat(removal->top, name, AT_REMOVEDIR) == 0)
        return 0;
    (void)!fchmodat(removal->top, name, 0700, 0);
    auto_fd int dir = openat(removal->top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0 || clear_directory(removal, dir) < 0)
        return -1;
    return removal->left == 0 || unlinkat(removal->top, name, AT_REMOVEDIR) == 0 ? 0 : -1;
}

int remove_below(int dir, uint32_t most) {
    struct removal removal = {.top = dir, .left = most};
    while (removal.left > 0) {
        DIR *stream = list(dir);
        const char *name = stream ? next_name(stream) : NULL;
        if (stream && !name) {
            closedir(stream);
            return 1;
        }
        int done = stream ? 0 : -1;
        for (; done == 0 && name && removal.left > 0; name = next_name(stream), removal.left -= removal.left > 0)
            if (unlinkat(dir, name, 0) < 0)
                done = errno == EISDIR ? remove_directory(&removal, name) : -1;
        if (stream)
            closedir(stream);
        if (done < 0)
            return -1;
    }
    return 0;
}
