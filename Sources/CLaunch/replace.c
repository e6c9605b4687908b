// SPDX-License-Identifier: Apache-2.0
// See replace.h. What is mounted is made in a namespace of the thread's own: before 6.15 nothing can be cloned out of a
// mount that is attached nowhere.
#include "replace.h"

#include "calls.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int fail(const char **step, const char *call) {
    *step = call;
    return -1;
}

static int write_whole(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -1;
        bytes += count;
        length -= (size_t)count;
    }
    return 0;
}

static int new_tmpfs(const struct martlet_new_file *file) {
    char size[32];
    snprintf(size, sizeof size, "%zu", ((file->length + 0xffff) & ~(size_t)0xffff) + (1 << 20));
    int context = call_fsopen("tmpfs"), mount = -1;
    if (context < 0) return -1;
    if (call_fsconfig(context, FSCONFIG_SET_STRING, "size", size, 0) == 0 &&
        call_fsconfig(context, FSCONFIG_SET_STRING, "mode", "0700", 0) == 0 &&
        (!file->no_swap || call_fsconfig(context, FSCONFIG_SET_FLAG, "noswap", NULL, 0) == 0) &&
        call_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = call_fsmount(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    int cause = errno;
    close(context);
    errno = cause;
    return mount;
}

// A detached mount of the file alone.
static int new_mount(const struct martlet_new_file *file, const char **step) {
    if (unshare(CLONE_FS | CLONE_NEWNS) < 0) return fail(step, "unshare");
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), folder = -1, made = -1, tree = -1;
    if (root < 0) return fail(step, "open /");
    // Nothing of it may show on the host.
    struct mount_attr alone = {.propagation = MS_PRIVATE};
    *step = "mount_setattr /";
    if (call_mount_setattr(root, 1, &alone) < 0) goto out;
    *step = "fsmount tmpfs";
    folder = new_tmpfs(file);
    if (folder < 0) goto out;
    *step = "move_mount tmpfs";
    if (call_move_mount(folder, root) < 0) goto out;
    *step = "write";
    made = openat(folder, "file", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0);
    if (made < 0 || write_whole(made, file->content, file->length) < 0) goto out;
    *step = "fchown";
    if (fchown(made, file->uid, file->gid) < 0 || fchmod(made, file->mode) < 0) goto out;
    *step = "open_tree";
    tree = call_open_tree(folder, "file", OPEN_TREE_CLONE);
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_RDONLY,
        .attr_clr = file->mode & 0111 ? MOUNT_ATTR_NOEXEC : 0,
    };
    if (tree >= 0 && call_mount_setattr(tree, 0, &attributes) < 0) {
        *step = "mount_setattr";
        close(tree);
        tree = -1;
    }
out:;
    int cause = errno;
    if (made >= 0) close(made);
    if (folder >= 0) close(folder);
    close(root);
    errno = cause;
    return tree;
}

int martlet_replace_file(int process, const struct martlet_new_file *file, const char **step) {
    int tree = new_mount(file, step), root = -1, target = -1, result = -1;
    if (tree < 0) return -1;
    *step = "setns";
    if (setns(process, CLONE_NEWNS) < 0) goto out;
    *step = "openat2";
    root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) goto out;
    target = call_openat2(root, file->path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (target < 0) goto out;
    struct stat status;
    if (fstat(target, &status) < 0) goto out;
    if (!S_ISREG(status.st_mode)) {
        errno = ENOTSUP;
        goto out;
    }
    *step = "move_mount";
    // Refuses a place where nothing is mounted (any more).
    if ((file->beneath ? call_move_beneath(tree, target) : call_move_mount(tree, target)) < 0) goto out;
    close(target);
    target = -1;
    *step = "umount2";
    // Whoever inside moved the place meanwhile loses a mount of his own.
    result = file->beneath ? umount2(file->path, MNT_DETACH) : 0;
out:;
    int cause = errno;
    if (target >= 0) close(target);
    if (root >= 0) close(root);
    close(tree);
    errno = cause;
    return result;
}
