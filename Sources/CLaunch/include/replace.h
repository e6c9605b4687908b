// SPDX-License-Identifier: Apache-2.0
// A file of a running container, put in the place of the one that it has.
#ifndef MARTLET_REPLACE_H
#define MARTLET_REPLACE_H

#include <stddef.h>
#include <stdint.h>

/// A file as a container sees it, its owner in the ids of the host.
struct martlet_new_file {
    const char *path; // absolute, inside the container
    const void *content;
    size_t length;
    uint32_t uid, gid;
    uint32_t mode;
    int no_swap; // on a tmpfs that is never swapped out
    int beneath; // the kernel can put a mount beneath another
};

/// Mounts a fresh, read-only file at `path` in the mount namespace of a process, in the place of the mount that is
/// there: who opens the path finds the old content or the new one, whole. The calling thread enters that namespace and
/// stays in it: it must end after this. Without `beneath` the old file stays below the new one until the container ends.
/// 0, or -1 with errno and the failed call's name in `step`.
int martlet_replace_file(int process, const struct martlet_new_file *file, const char **step);

#endif
