// SPDX-License-Identifier: Apache-2.0
// Mount points inside a root that a tenant filled.
#include "machine.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static int open_below(int root, const char *path, uint64_t flags, uint64_t resolve) {
    return call_openat2(root, *path ? path : ".", O_PATH | flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve);
}

// Nothing is attached over procfs by way of links or volumes of the tenant; a path without links was vetted
// by the compiler.
static int refuse_procfs(int target, uint64_t resolve) {
    struct statfs kind;
    if (target < 0 || resolve & RESOLVE_NO_SYMLINKS) return target;
    if (fstatfs(target, &kind) == 0 && kind.f_type != PROC_SUPER_MAGIC) return target;
    close(target);
    errno = EPERM;
    return -1;
}

#define MAX_LINKS 8

static int ensure_target(int root, const char *path, int file, uint64_t resolve, int links);

// A link to nothing, as images have for /etc/resolv.conf: what it names is made instead, inside the root.
// `prefix` ends where the link's name begins, `rest` is what follows the link.
static int follow_link(int root, int parent, const char *prefix, size_t prefix_length, const char *rest, int file,
                       uint64_t resolve, int links) {
    char target[4096];
    const char *name = prefix + prefix_length;
    char link[2048];
    ssize_t length = readlinkat(parent, name, link, sizeof link - 1);
    size_t keep = length > 0 && link[0] == '/' ? 0 : prefix_length, rest_length = strlen(rest);
    if (length <= 0 || links >= MAX_LINKS || resolve & RESOLVE_NO_SYMLINKS ||
        keep + (size_t)length + 1 + rest_length >= sizeof target) {
        errno = ELOOP;
        return -1;
    }
    memcpy(target, prefix, keep);
    memcpy(target + keep, link, (size_t)length);
    target[keep + (size_t)length] = '/';
    memcpy(target + keep + (size_t)length + 1, rest, rest_length + 1);
    if (!rest_length) target[keep + (size_t)length] = 0;
    return ensure_target(root, target, file, resolve, links + 1);
}

// The mount point at `path` below `root`, made if it is absent. Every step is resolved by the kernel inside
// the root.
static int ensure_target(int root, const char *path, int file, uint64_t resolve, int links) {
    while (*path == '/') path++;
    int whole = open_below(root, path, file ? 0 : O_DIRECTORY, resolve);
    if (whole >= 0 || errno != ENOENT) {
        struct stat status;
        if (whole >= 0 && file && fstat(whole, &status) == 0 && S_ISDIR(status.st_mode)) {
            close(whole);
            errno = EISDIR;
            return -1;
        }
        return whole;
    }
    char prefix[4096];
    size_t length = strlen(path);
    if (length >= sizeof prefix) { errno = ENAMETOOLONG; return -1; }
    memcpy(prefix, path, length + 1);
    int parent = open_below(root, "", O_DIRECTORY, resolve);
    for (size_t start = 0; parent >= 0 && start < length;) {
        size_t end = start;
        while (end < length && prefix[end] != '/') end++;
        size_t next = end;
        while (next < length && prefix[next] == '/') next++;
        prefix[end] = 0;
        int as_file = next >= length && file, dangling = 0;
        int found = open_below(root, prefix, as_file ? 0 : O_DIRECTORY, resolve);
        if (found < 0 && errno == ENOENT) {
            const char *name = prefix + start;
            int made = as_file ? openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644)
                               : mkdirat(parent, name, 0755);
            if (made > 0) close(made);
            dangling = made < 0 && errno == EEXIST;
            if (dangling) found = follow_link(root, parent, prefix, start, path + next, file, resolve, links);
            if (made >= 0)
                found = call_openat2(parent, name, O_PATH | O_NOFOLLOW | (as_file ? 0 : O_DIRECTORY), 0,
                                     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
        }
        int cause = errno;
        close(parent);
        errno = cause;
        if (dangling) return found; // the rest of the path is made already
        parent = found;
        for (size_t i = end; i < next; i++) prefix[i] = '/';
        start = next;
    }
    return parent;
}

int mount_target(int root, const char *path, int file, uint64_t resolve) {
    return refuse_procfs(ensure_target(root, path, file, resolve, 0), resolve);
}
