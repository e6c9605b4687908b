// SPDX-License-Identifier: Apache-2.0
// Other programs: hooks, and the one that takes our place.
#include "machine.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

void default_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < 65; signal++) sigaction(signal, &action, NULL); // SIGKILL and SIGSTOP refuse
}

static void unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Fills both lists of machine.arguments from a program's strings.
static const char **fill_arguments(const struct martlet_launch_op *op) {
    const char **argv = machine.arguments, **envp = argv + op->x + 1;
    const char *at = text_of(op);
    for (uint64_t i = 0; i < op->x; i++, at += strlen(at) + 1) argv[i] = at;
    argv[op->x] = NULL;
    at = more_of(op);
    for (uint64_t i = 0; i < op->y; i++, at += strlen(at) + 1) envp[i] = at;
    envp[op->y] = NULL;
    return envp;
}

static int is_executable(const char *path) {
    struct stat status;
    if (stat(path, &status) < 0) return -1;
    if (!S_ISREG(status.st_mode)) { errno = EACCES; return -1; }
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS);
}

// execvp(3): the search goes on after a file that may not be executed, and remembers it.
int find_executable(const struct martlet_launch_op *op, const char *name) {
    const char *search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *at = more_of(op);
    for (uint64_t i = 0; i < op->y; i++, at += strlen(at) + 1)
        if (strncmp(at, "PATH=", 5) == 0) search = at + 5;
    size_t length = strlen(name);
    if (strchr(name, '/') || !*name) {
        if (length >= sizeof machine.executable) { errno = ENAMETOOLONG; return -1; }
        memcpy(machine.executable, name, length + 1);
        return is_executable(name);
    }
    int cause = ENOENT;
    while (search) {
        const char *end = strchrnul(search, ':');
        size_t directory = (size_t)(end - search);
        if (directory + length + 2 <= sizeof machine.executable) {
            char *path = machine.executable;
            memcpy(path, search, directory);
            path[directory] = '/';
            memcpy(path + (directory ? directory + 1 : 0), name, length + 1);
            if (is_executable(path) == 0) return 0;
            if (errno == EACCES) cause = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR) return -1;
        }
        search = *end ? end + 1 : NULL;
    }
    errno = cause;
    return -1;
}

// Descriptors from `first` on end at the next exec; after the filter, only those that are kept are not marked yet.
static int mark_descriptors(int first) {
    if (!machine.filtered) return call_close_range((unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC);
    for (int number = first; number < 3 + machine.kept; number++)
        if (fcntl(number, F_SETFD, FD_CLOEXEC) < 0) return -1;
    return 0;
}

int execute(const struct martlet_launch_op *op) {
    const char **envp = fill_arguments(op);
    if (!machine.executable[0] && find_executable(op, machine.arguments[0]) < 0) return -1;
    unblock_signals();
    if (mark_descriptors(3 + machine.kept) < 0) return -1;
    execve(machine.executable, (char *const *)machine.arguments, (char *const *)envp);
    return -1;
}

// A hook is the operator's program, not the tenant's: it runs with the rights that we still have.
int run_hook(const struct martlet_launch_op *op) {
    if (lseek(slot(op->a), 0, SEEK_SET) < 0) return -1;
    const char **envp = fill_arguments(op);
    pid_t pid = fork();
    if (pid < 0) return -1;
    if (pid == 0) {
        unblock_signals();
        if (dup2(slot(op->a), STDIN_FILENO) < 0 || mark_descriptors(3) < 0) _exit(126);
        const char **argv = machine.arguments + (op->x > 1); // the path, then the arguments with their own name
        execve(machine.arguments[0], (char *const *)argv, (char *const *)envp);
        _exit(127);
    }
    int handle = call_pidfd_open(pid), ended = 1, reaped = 0, status = 0;
    struct pollfd process = {.fd = handle, .events = POLLIN};
    if (handle >= 0 && op->time) do ended = poll(&process, 1, (int)op->time);
        while (ended < 0 && errno == EINTR);
    // The filter may be older than pidfd_open(2): then it is looked at again and again.
    for (uint64_t left = op->time; handle < 0 && op->time; left -= left < 10 ? left : 10) {
        ended = reaped = waitpid(pid, &status, WNOHANG) == pid;
        if (reaped || !left) break;
        poll(NULL, 0, left < 10 ? (int)left : 10);
    }
    if (ended <= 0) kill(pid, SIGKILL);
    if (handle >= 0) close(handle);
    while (!reaped && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    if (ended == 0) { errno = ETIMEDOUT; return -1; }
    if (status == 0) return 0;
    errno = MARTLET_HOOK_ENDED + status;
    return -1;
}
