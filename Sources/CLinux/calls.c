// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int martlet_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    // openat2(2): EAGAIN where a mount or a rename anywhere on the host came between the steps of a `..`.
    for (int tries = 0;; tries++) {
        int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN || !resolve || tries == 1000) return fd;
    }
}
// clone3(2) is not among them: the keeper alone needs it, and a service manager's filter of namespaces takes it from the agent.
const char *martlet_missing_call(int *index) {
    static const struct { const char *name; long number; } needed[] = {
        {"close_range", SYS_close_range}, {"execveat", SYS_execveat}, {"fsconfig", SYS_fsconfig},
        {"fsmount", SYS_fsmount}, {"fsopen", SYS_fsopen}, {"memfd_create", SYS_memfd_create},
        {"mount_setattr", SYS_mount_setattr}, {"move_mount", SYS_move_mount}, {"open_tree", SYS_open_tree},
        {"openat2", SYS_openat2}, {"pidfd_open", SYS_pidfd_open}, {"pidfd_send_signal", SYS_pidfd_send_signal},
        {"renameat2", SYS_renameat2}, {"seccomp", SYS_seccomp}, {"setns", SYS_setns}, {"statx", SYS_statx},
    };
    if (*index >= (int)(sizeof needed / sizeof *needed)) { *index = -1; return NULL; }
    // No call takes arguments like these.
    long failed = syscall(needed[*index].number, -1L, -1L, -1L, -1L, -1L, -1L);
    return failed < 0 && errno == ENOSYS ? needed[*index].name : NULL;
}
int martlet_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }
int martlet_pidfd_send_signal(int pidfd, int sig) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}
int martlet_setns(int fd, int type) { return setns(fd, type); }
int martlet_unshare(int flags) { return unshare(flags); }
int martlet_memfd_create(const char *name, unsigned flags) { return (int)syscall(SYS_memfd_create, name, flags); }
int martlet_add_seals(int fd, int seals) { return fcntl(fd, F_ADD_SEALS, seals); }
int martlet_set_pipe_size(int fd, int bytes) { return fcntl(fd, F_SETPIPE_SZ, bytes); }
int martlet_pipe2(int fds[2], int flags) { return pipe2(fds, flags); }
ssize_t martlet_splice(int in, int out, size_t bytes, unsigned flags) {
    return splice(in, NULL, out, NULL, bytes, flags);
}
ssize_t martlet_tee(int in, int out, size_t bytes, unsigned flags) { return tee(in, out, bytes, flags); }
int martlet_dup_cloexec(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }
int martlet_set_nonblocking(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}
int martlet_mknodat(int dir, const char *name, uint32_t mode, unsigned major_, unsigned minor_) {
    return mknodat(dir, name, mode, makedev(major_, minor_));
}
int martlet_renameat2(int from, const char *old, int to, const char *name, unsigned flags) {
    return (int)syscall(SYS_renameat2, from, old, to, name, flags);
}
int martlet_clone_tree(int fd, int recursive) {
    unsigned flags = AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? 0x8000 /* AT_RECURSIVE */ : 0);
    return (int)syscall(SYS_open_tree, fd, "", flags);
}
int martlet_mount_new(const char *type, char *const *options, unsigned attributes, const char *path) {
    int context = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC), mount = -1, failed = context < 0;
    for (; !failed && options[0]; options += 2) {
        int isWord = !options[1][0];
        failed = syscall(SYS_fsconfig, context, isWord ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, options[0],
                         isWord ? NULL : options[1], 0) < 0;
    }
    failed = failed || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0;
    if (!failed) mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes);
    failed = mount < 0 || syscall(SYS_move_mount, mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0;
    int cause = errno;
    if (mount >= 0) close(mount);
    if (context >= 0) close(context);
    errno = cause;
    return failed ? -1 : 0;
}
int martlet_mount_set_read_only(int fd, int on) {
    struct mount_attr attributes = {.attr_set = on ? MOUNT_ATTR_RDONLY : 0, .attr_clr = on ? 0 : MOUNT_ATTR_RDONLY};
    return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
}
int martlet_lock_byte(int fd, int64_t at, int lock) {
    struct flock range = {.l_type = lock ? F_WRLCK : F_UNLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &range);
}
int martlet_limit_arenas(int count) {
    // One threshold that is set keeps the other from rising with what was freed last.
    if (mallopt(M_ARENA_MAX, count) == 1 && mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1 &&
        mallopt(M_TRIM_THRESHOLD, 8 << 20) == 1)
        return 0;
    errno = EINVAL; // it sets none
    return -1;
}
void martlet_trim_heap(void) { malloc_trim(0); }
int martlet_hide_memory(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
int martlet_set_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
int martlet_set_parent_death_signal(int sig) { return prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0); }
const char *martlet_errno_name(int value) { return strerrorname_np(value); }
