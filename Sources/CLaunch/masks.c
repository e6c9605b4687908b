// SPDX-License-Identifier: Apache-2.0
// What the container sees of the kernel's files, and of its image below a tmpfs.
#include "machine.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

// What is not there needs no mask; -2 then.
static int open_place(const struct martlet_launch_op *op) {
    int place = call_openat2(slot(op->a), text_of(op), O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | op->y);
    return place < 0 && (errno == ENOENT || errno == ENOTDIR) ? -2 : place;
}

static int attach(int mount, int place) {
    int failed = mount < 0 ? -1 : call_move_mount(mount, place), cause = errno;
    if (mount >= 0) close(mount);
    close(place);
    errno = cause;
    return failed;
}

// One for all masks: read-only, it is shared without harm.
static int empty_directory(void) {
    if (machine.empty >= 0) return call_open_tree(machine.empty, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
    int context = call_fsopen("tmpfs"), mount = -1;
    if (context < 0) return -1;
    if (call_fsconfig(context, FSCONFIG_SET_STRING, "mode", "0755", 0) == 0 &&
        call_fsconfig(context, FSCONFIG_SET_STRING, "size", "4k", 0) == 0 &&
        call_fsconfig(context, FSCONFIG_SET_STRING, "nr_inodes", "2", 0) == 0 &&
        call_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = call_fsmount(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    int cause = errno;
    close(context);
    errno = cause;
    if (mount >= 0) machine.empty = fcntl(mount, F_DUPFD_CLOEXEC, 3);
    return mount;
}

int mask_path(const struct martlet_launch_op *op) {
    int place = open_place(op);
    if (place < 0) return place == -2 ? 0 : -1;
    struct stat status;
    if (fstat(place, &status) < 0) return -1;
    // Never the container's own /dev/null, which may be anything (CVE-2025-31133).
    int mask = S_ISDIR(status.st_mode) ? empty_directory() : call_open_tree(slot(op->b), "null", OPEN_TREE_CLONE);
    return attach(mask, place);
}

int make_read_only(const struct martlet_launch_op *op) {
    int place = open_place(op);
    if (place < 0) return place == -2 ? 0 : -1;
    int view = call_open_tree(place, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | 0x8000 /* AT_RECURSIVE */);
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    if (view >= 0 && call_mount_setattr(view, 1, &read_only) < 0) {
        int cause = errno;
        close(view);
        view = -1;
        errno = cause;
    }
    return attach(view, place);
}

#define MAX_DEPTH 64

static int copy_content(int from, int to) {
    char buffer[65536];
    for (;;) {
        ssize_t count = read(from, buffer, sizeof buffer);
        if (count <= 0) return (int)count;
        for (ssize_t at = 0; at < count;) {
            ssize_t written = write(to, buffer + at, (size_t)(count - at));
            if (written < 0) return -1;
            at += written;
        }
    }
}

static int copy_directory(int from, int to, int depth);

static int copy_entry(int from, int to, const char *name, int depth) {
    struct stat status;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    int source = -1, copy = -1, failed = 0;
    if (S_ISLNK(status.st_mode)) {
        char link[4096];
        ssize_t length = readlinkat(from, name, link, sizeof link - 1);
        if (length < 0) return -1;
        link[length] = 0;
        failed = symlinkat(link, to, name);
    } else if (S_ISDIR(status.st_mode)) {
        if (depth >= MAX_DEPTH) { errno = ELOOP; return -1; }
        source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        failed = source < 0 ? -1 : mkdirat(to, name, 0700);
        if (!failed) copy = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (!failed) failed = copy < 0 ? -1 : copy_directory(source, copy, depth + 1);
    } else if (S_ISREG(status.st_mode)) {
        source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        copy = source < 0 ? -1 : openat(to, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
        failed = copy < 0 ? -1 : copy_content(source, copy);
    } else {
        return 0; // devices, fifos and sockets are not content
    }
    if (!failed) failed = fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW);
    if (!failed && copy >= 0) failed = fchmod(copy, status.st_mode & 07777);
    int cause = errno;
    if (source >= 0) close(source);
    if (copy >= 0) close(copy);
    errno = cause;
    return failed;
}

static int copy_directory(int from, int to, int depth) {
    _Alignas(struct dirent64) char buffer[4096];
    for (;;) {
        ssize_t length = syscall(SYS_getdents64, from, buffer, sizeof buffer);
        if (length <= 0) return (int)length;
        for (ssize_t at = 0; at < length;) {
            struct dirent64 *entry = (struct dirent64 *)(buffer + at);
            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
            if (copy_entry(from, to, entry->d_name, depth) < 0) return -1;
        }
    }
}

// A tmpfs begins with what the image has there: the open directories are pinned, and no link is followed.
int copy_up(int from, int to) {
    int source = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int target = source < 0 ? -1 : openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = target < 0 ? -1 : copy_directory(source, target, 0), cause = errno;
    if (source >= 0) close(source);
    if (target >= 0) close(target);
    errno = cause;
    return failed;
}
