// SPDX-License-Identifier: Apache-2.0
// Calls and constants that the Glibc module of the Swift toolchain does not import, or that Debian 12's
// libc does not wrap. One line each; every call returns -1 with errno set, as the system call does.
#ifndef MARTLET_CLINUX_H
#define MARTLET_CLINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "CDevices.h"
#include "CSystemd.h"

// Constants that sit behind _GNU_SOURCE.
#define MARTLET_O_PATH 010000000
#define MARTLET_O_TMPFILE 020200000
#define MARTLET_AT_EMPTY_PATH 0x1000
#define MARTLET_SPLICE_F_MOVE 1u
#define MARTLET_SPLICE_F_NONBLOCK 2u
#define MARTLET_MFD_CLOEXEC 1u
#define MARTLET_MFD_ALLOW_SEALING 2u
#define MARTLET_RENAME_NOREPLACE 1u
#define MARTLET_RENAME_EXCHANGE 2u
#define MARTLET_F_SEAL_ALL 0xf

// openat2(2), linux/openat2.h
#define MARTLET_RESOLVE_NO_XDEV 0x01
#define MARTLET_RESOLVE_NO_MAGICLINKS 0x02
#define MARTLET_RESOLVE_NO_SYMLINKS 0x04
#define MARTLET_RESOLVE_BENEATH 0x08
#define MARTLET_RESOLVE_IN_ROOT 0x10

// namespaces(7), linux/sched.h
#define MARTLET_CLONE_NEWTIME 0x00000080
#define MARTLET_CLONE_FS 0x00000200
#define MARTLET_CLONE_NEWNS 0x00020000
#define MARTLET_CLONE_NEWCGROUP 0x02000000
#define MARTLET_CLONE_NEWUTS 0x04000000
#define MARTLET_CLONE_NEWIPC 0x08000000
#define MARTLET_CLONE_NEWUSER 0x10000000
#define MARTLET_CLONE_NEWPID 0x20000000
#define MARTLET_CLONE_NEWNET 0x40000000

int martlet_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
// The name of a call that nothing goes without, if the kernel or a filter does not have it; NULL if it is there. Counts from 0;
// behind the last one `index` is set to -1.
const char *martlet_missing_call(int *index);
int martlet_pidfd_open(pid_t pid, unsigned flags);
int martlet_pidfd_send_signal(int pidfd, int sig);
int martlet_setns(int fd, int type);
int martlet_unshare(int flags);
int martlet_wall_timer_create(void);
int martlet_wall_timer_set(int timer, int64_t seconds);
int martlet_memfd_create(const char *name, unsigned flags);
int martlet_add_seals(int fd, int seals);
int martlet_set_pipe_size(int fd, int bytes);
int martlet_pipe2(int fds[2], int flags);
ssize_t martlet_splice(int in, int out, size_t bytes, unsigned flags);
ssize_t martlet_tee(int in, int out, size_t bytes, unsigned flags);
int martlet_dup_cloexec(int fd);
int martlet_set_nonblocking(int fd, int on);
int martlet_mknodat(int dir, const char *name, uint32_t mode, unsigned major_, unsigned minor_);
int martlet_renameat2(int from, const char *old, int to, const char *name, unsigned flags);
// A detached clone of the mount at an open file, with all that is mounted below it if asked for, open_tree(2).
int martlet_clone_tree(int fd, int recursive);
// Attaches a new file system at a path: fsopen(2), fsconfig(2) for each name and value (a name with an empty value is
// a word alone), fsmount(2) with MOUNT_ATTR_* bits, move_mount(2). Names and values alternate, NULL ends them.
int martlet_mount_new(const char *type, char *const *options, unsigned attributes, const char *path);
// Has the mount whose root is an open file only read (1), or written too (0), mount_setattr(2).
int martlet_mount_set_read_only(int fd, int on);
// Locks (1) or unlocks (0) one byte for the open file description; EAGAIN when another holds it, fcntl(2).
int martlet_lock_byte(int fd, int64_t at, int lock);
// Sends the number of every SIGINT, SIGTERM and SIGHUP as a byte into `pipe` instead of dying of it.
int martlet_catch_interrupts(int pipe);
// Has the calling thread take SIGINT, SIGTERM and SIGHUP, whatever it has inherited.
int martlet_unblock_interrupts(void);
// A sealed, executable copy of the program `source`, numbered `lowest` or higher.
int martlet_sealed_program(int source, int lowest);
// Blocks every signal that can be and gives a descriptor to read them from; the next one's number, signalfd(2).
int martlet_signal_descriptor(void);
int martlet_read_signal(int fd);
int martlet_set_subreaper(void);
// No core dump and no ptrace(2) by others, PR_SET_DUMPABLE of prctl(2).
int martlet_hide_memory(void);
// Allocations of all threads come from so many arenas, those of 1 MiB and more from the kernel alone, mallopt(3); before
// there are threads.
int martlet_limit_arenas(int count);
// What is free in the heap goes back to the kernel, malloc_trim(3).
void martlet_trim_heap(void);
// The hard limit of this process, getrlimit(2).
int martlet_hard_limit(int resource, uint64_t *limit);
// A descriptor of a fresh user namespace with these maps, user_namespaces(7); -1 with errno.
int martlet_user_namespace(const char *uids, const char *gids);
int martlet_set_parent_death_signal(int sig);
// confine.c
/// The version of Landlock that the kernel has, landlock_create_ruleset(2); -1 with errno for none.
int martlet_landlock_version(void);
/// From here on the calling thread reaches nothing by a path but what is below the folder, which is its root, gains
/// no rights by execve(2), and has no umask. `version` is that of Landlock; below 2 (no renaming between folders) the
/// root alone confines it. 0, or -1 with errno.
int martlet_confine(int folder, int version);
/// The symbolic name of an errno value, or NULL.
const char *martlet_errno_name(int value);

// files.c
int martlet_syncfs(int fd);
/// Has the kernel begin to bring a part of a file to its disk, sync_file_range(2).
int martlet_begin_sync(int fd, long long offset, long long count);
/// Puts every page of a file that is dirty now under write-out, and does not wait for it, sync_file_range(2).
int martlet_write_out(int fd);
int martlet_flock(int fd, int operation);
int martlet_fsetxattr(int fd, const char *name, const void *value, size_t size);
ssize_t martlet_fgetxattr(int fd, const char *name, void *value, size_t size);
ssize_t martlet_flistxattr(int fd, char *list, size_t size);
// The same by a path that leads to the file, xattr(7): the only way where the file was opened with O_PATH.
int martlet_setxattr(const char *path, const char *name, const void *value, size_t size);
ssize_t martlet_getxattr(const char *path, const char *name, void *value, size_t size);
ssize_t martlet_listxattr(const char *path, char *list, size_t size);
// FICLONE, ioctl_ficlone(2), and copy_file_range(2) of up to `size` bytes at the same offset of both.
int martlet_share_content(int target, int source);
ssize_t martlet_copy_range(int source, int target, int64_t at, size_t size);
enum { martlet_SEEK_DATA = 3, martlet_SEEK_HOLE = 4 };  // lseek(2)
unsigned martlet_major(dev_t device);
unsigned martlet_minor(dev_t device);

// sendmsg/recvmsg with descriptors. `count` is the number sent; on receipt `*count` is capacity in, number out.
// Received descriptors are close-on-exec; both go on after a signal. A message or descriptor list cut short fails with EMSGSIZE.
ssize_t martlet_send_descriptors(int socket, const void *bytes, size_t length, const int *fds, size_t count);
ssize_t martlet_receive_descriptors(int socket, void *bytes, size_t length, int *fds, size_t *count, int flags);

#include "CLog.h"

#endif
