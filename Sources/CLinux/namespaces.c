// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int martlet_hard_limit(int resource, uint64_t *limit) {
    struct rlimit64 both;
    if (syscall(SYS_prlimit64, 0, resource, NULL, &both) < 0) return -1;
    *limit = both.rlim_max;
    return 0;
}

static int write_map(pid_t pid, const char *name, const char *map) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t written = write(file, map, strlen(map));
    int cause = errno;
    close(file);
    errno = written < 0 ? cause : EIO;
    return written == (ssize_t)strlen(map) ? 0 : -1;
}

// The namespace lives on in the descriptor; the process that it was made with only waits to be killed.
int martlet_user_namespace(const char *uids, const char *gids) {
    struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) return -1;
    if (pid == 0) for (;;) pause();
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
    int found = -1;
    if (write_map(pid, "gid_map", gids) == 0 && write_map(pid, "uid_map", uids) == 0)
        found = open(path, O_RDONLY | O_CLOEXEC);
    int cause = errno;
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    errno = cause;
    return found;
}
