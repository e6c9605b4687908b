// SPDX-License-Identifier: Apache-2.0
// The operations that the stage and the child share.
#include "machine.h"

#include <sys/stat.h>

int write_all(int fd, const char *bytes, size_t length) {
    // procfs and cgroupfs take a value in one write or not at all.
    ssize_t written = write(fd, bytes, length);
    if (written == (ssize_t)length) return 0;
    if (written >= 0) errno = EIO;
    return -1;
}

int write_file(int fd, const char *bytes, size_t length) {
    if (fd < 0) return -1;
    int failed = write_all(fd, bytes, length), cause = errno;
    close(fd);
    errno = cause;
    return failed;
}

static int set_attributes(const struct martlet_launch_op *op) {
    struct mount_attr attributes = {
        .attr_set = op->x, .attr_clr = op->y >> 32, .propagation = (uint32_t)op->y};
    if (op->x & MOUNT_ATTR_IDMAP) attributes.userns_fd = (uint64_t)(unsigned)slot(op->b);
    return call_mount_setattr(slot(op->a), op->c == 1, &attributes);
}

static int create_mount(const struct martlet_launch_op *op) {
    if (call_fsconfig(slot(op->a), FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return -1;
    return put(op->b, call_fsmount(slot(op->a), (unsigned)op->x));
}

int run_common(const struct martlet_launch_op *op) {
    switch (op->code) {
    case MARTLET_OP_ROOT: return put(op->b, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
    case MARTLET_OP_TREE: return put(op->b, call_open_tree(slot(op->a), text_of(op), (unsigned)op->x));
    case MARTLET_OP_SETATTR: return set_attributes(op);
    case MARTLET_OP_FSOPEN: return put(op->b, call_fsopen(text_of(op)));
    case MARTLET_OP_FSSTRING: return call_fsconfig(slot(op->a), FSCONFIG_SET_STRING, text_of(op), more_of(op), 0);
    case MARTLET_OP_FSFLAG: return call_fsconfig(slot(op->a), FSCONFIG_SET_FLAG, text_of(op), NULL, 0);
    case MARTLET_OP_FSFD: return call_fsconfig(slot(op->a), FSCONFIG_SET_FD, text_of(op), NULL, slot(op->b));
    case MARTLET_OP_FSMOUNT: return create_mount(op);
    case MARTLET_OP_OPEN: return put(op->b, call_openat2(slot(op->a), text_of(op), op->x, 0, op->y));
    case MARTLET_OP_TARGET: return put(op->b, mount_target(slot(op->a), text_of(op), (int)op->x, op->y));
    case MARTLET_OP_MKDIR: return mkdirat(slot(op->a), text_of(op), (mode_t)op->x);
    case MARTLET_OP_MKNOD: return mknodat(slot(op->a), text_of(op), (mode_t)op->x, (dev_t)op->y);
    case MARTLET_OP_SYMLINK: return symlinkat(text_of(op), slot(op->a), more_of(op));
    case MARTLET_OP_FILE:
        return write_file(openat(slot(op->a), text_of(op), O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
                                 (mode_t)op->x),
                          more_of(op), op->more_length);
    case MARTLET_OP_OWNER:
        return fchownat(slot(op->a), text_of(op), (uid_t)op->x, (gid_t)op->y, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    case MARTLET_OP_WRITE:
        return write_file(call_openat2(slot(op->a), text_of(op), O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS),
                          more_of(op), op->more_length);
    case MARTLET_OP_MOVE: return call_move_mount(slot(op->a), slot(op->b));
    case MARTLET_OP_FCHDIR: return fchdir(slot(op->a));
    default: errno = ENOSYS; return -1;
    }
}
