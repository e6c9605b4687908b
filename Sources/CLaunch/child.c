// SPDX-License-Identifier: Apache-2.0
// The container side: the child waits for its release, takes its place, drops its rights and execs.
#include "machine.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static int become(const struct martlet_launch_op *op) {
    // -1 would mean "as it is", and that is root.
    if (op->x >= UINT32_MAX || op->y >= UINT32_MAX) { errno = EINVAL; return -1; }
    // The raw calls: libc's would try to tell other threads, and there are none.
    if (syscall(SYS_setresgid, (gid_t)op->y, (gid_t)op->y, (gid_t)op->y) < 0) return -1;
    if (syscall(SYS_setgroups, op->text_length / sizeof(gid_t), text_of(op)) < 0) return -1;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_setresuid, (uid_t)op->x, (uid_t)op->x, (uid_t)op->x) < 0) return -1;
    if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) return -1;
    // Leaving uid 0 clears the effective set; the operations that follow still need it.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -1;
    for (int half = 0; half < 2; half++) data[half].effective = data[half].permitted;
    // A change of user sets this to fs.suid_dumpable, which a host may have set to 1.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return -1;
    return (int)syscall(SYS_capset, &header, data);
}

static int set_capabilities(const uint64_t set[5]) {
    // One call a capability: dropping an absent one is no error, and the first number that the kernel does not
    // know answers EINVAL.
    for (int capability = 0; capability < 64; capability++) {
        if (set[0] >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) break;
        return -1;
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int half = 0; half < 2; half++) {
        data[half].effective = (uint32_t)(set[1] >> (32 * half));
        data[half].permitted = (uint32_t)(set[2] >> (32 * half));
        data[half].inheritable = (uint32_t)(set[3] >> (32 * half));
    }
    if (syscall(SYS_capset, &header, data) < 0) return -1;
    for (int capability = 0; capability < 64; capability++)
        if (set[4] >> capability & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return -1;
    return 0;
}

static int pivot(int root) {
    // pivot_root(2): with new root and old root at the same place, the old one ends up on top.
    if (fchdir(root) < 0 || call_pivot_root(".", ".") < 0) return -1;
    if (umount2(".", MNT_DETACH) < 0) return -1;
    return chdir("/");
}

static int change_directory(const char *path) {
    // CVE-2024-21626: no way through /proc/self/fd or /proc/1/root, and a directory outside the root shows as
    // "(unreachable)...".
    int directory = call_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, RESOLVE_NO_MAGICLINKS);
    if (directory < 0) return -1;
    int failed = fchdir(directory), cause = errno;
    close(directory);
    errno = cause;
    if (failed) return -1;
    char where[4096];
    if (syscall(SYS_getcwd, where, sizeof where) < 0) return -1;
    if (where[0] != '/') { errno = EPERM; return -1; }
    return 0;
}

static int take_stdio(const struct martlet_launch_op *op) {
    int wanted[3] = {slot(op->a), slot(op->b), slot(op->c)};
    for (int i = 0; i < 3; i++) // out of the way of 0, 1 and 2 first
        if ((wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 10)) < 0) return -1;
    for (int i = 0; i < 3; i++) {
        if (dup2(wanted[i], i) < 0) return -1;
        close(wanted[i]);
    }
    return 0;
}

static void default_signals(void) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < 65; signal++) sigaction(signal, &action, NULL); // SIGKILL and SIGSTOP refuse
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// The init that stays as pid 1: forwards every signal to its one child and reaps what is orphaned to it.
static _Noreturn void init_main(pid_t main_child) {
    call_close_range(0, ~0U, 0);
    sigset_t all;
    sigfillset(&all);
    for (;;) {
        siginfo_t signal;
        if (sigwaitinfo(&all, &signal) < 0) continue;
        if (signal.si_signo != SIGCHLD) { kill(main_child, signal.si_signo); continue; }
        for (;;) {
            int status;
            pid_t ended = waitpid(-1, &status, WNOHANG);
            if (ended <= 0) break;
            if (ended == main_child) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
        }
    }
}

static int stay_as_init(void) {
    sigset_t all, before;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, &before) < 0) return -1;
    pid_t pid = fork();
    if (pid > 0) init_main(pid);
    return pid < 0 ? -1 : 0; // exec unblocks
}

static int execute(const struct martlet_launch_op *op) {
    const char **argv = machine.arguments, **envp = argv + op->x + 1;
    const char *at = text_of(op), *search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (uint64_t i = 0; i < op->x; i++, at += strlen(at) + 1) argv[i] = at;
    at = more_of(op);
    for (uint64_t i = 0; i < op->y; i++, at += strlen(at) + 1) {
        envp[i] = at;
        if (strncmp(at, "PATH=", 5) == 0) search = at + 5;
    }
    default_signals();
    if (call_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return -1;
    if (strchr(argv[0], '/') || !*argv[0]) {
        execve(argv[0], (char *const *)argv, (char *const *)envp);
        return -1;
    }
    // execvp(3): permission denied is remembered while the search goes on.
    int cause = ENOENT;
    size_t length = strlen(argv[0]);
    while (search) {
        const char *end = strchrnul(search, ':');
        char path[4096];
        size_t directory = (size_t)(end - search);
        if (directory + length + 2 <= sizeof path) {
            memcpy(path, search, directory);
            path[directory] = '/';
            memcpy(path + directory + 1, argv[0], length + 1);
            execve(directory ? path : argv[0], (char *const *)argv, (char *const *)envp);
            if (errno == EACCES) cause = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR) return -1;
        }
        search = *end ? end + 1 : NULL;
    }
    errno = cause;
    return -1;
}

static int run_child(const struct martlet_launch_op *op) {
    switch (op->code) {
    case MARTLET_OP_BECOME: return become(op);
    case MARTLET_OP_UNSHARE: return unshare((int)op->x);
    case MARTLET_OP_JOIN: return setns(slot(op->a), (int)op->x);
    case MARTLET_OP_PIVOT: return pivot(slot(op->a));
    case MARTLET_OP_HOSTNAME: return sethostname(text_of(op), op->text_length - 1);
    case MARTLET_OP_DOMAIN: return setdomainname(text_of(op), op->text_length - 1);
    case MARTLET_OP_RLIMIT: return (int)syscall(SYS_prlimit64, 0, (int)op->x, text_of(op), NULL);
    case MARTLET_OP_CAPS: return set_capabilities((const uint64_t *)text_of(op));
    case MARTLET_OP_NO_NEW_PRIVS: return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case MARTLET_OP_SECCOMP: {
        struct sock_fprog filter = {.len = (unsigned short)(op->text_length / sizeof(struct sock_filter)),
                                    .filter = (struct sock_filter *)(uintptr_t)text_of(op)};
        return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)op->x, &filter);
    }
    case MARTLET_OP_KEYRING:
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS) return 0;
        return -1;
    case MARTLET_OP_UMASK: umask((mode_t)op->x); return 0;
    case MARTLET_OP_CHDIR: return change_directory(text_of(op));
    case MARTLET_OP_SETSID: return setsid() < 0 ? -1 : 0;
    case MARTLET_OP_TERMINAL: return ioctl(slot(op->a), TIOCSCTTY, 0);
    case MARTLET_OP_STDIO: return take_stdio(op);
    case MARTLET_OP_INIT: return stay_as_init();
    case MARTLET_OP_EXEC: return execute(op);
    default: return run_common(op);
    }
}

// Receives the handed slots: one message, then one byte that releases.
static int await_release(void) {
    uint16_t list[MARTLET_MAX_INPUTS];
    int fds[MARTLET_MAX_INPUTS];
    for (;;) {
        size_t count = MARTLET_MAX_INPUTS;
        ssize_t length = martlet_receive_descriptors(machine.control[1], list, sizeof list, fds, &count, 0);
        if (length <= 0) return -1;
        if (length == 1) return 0;
        if ((size_t)length != count * sizeof *list) return -1;
        for (size_t i = 0; i < count; i++) machine.slots[list[i]] = fds[i];
    }
}

_Noreturn void child_main(uint32_t first) {
    close(machine.control[0]);
    if (await_release() < 0) _exit(125); // the keeper is gone, or aborted us
    while (first < machine.op_count && machine.ops[first].side == MARTLET_HOST) first++;
    for (uint32_t i = first; i < machine.op_count; i++) {
        const struct martlet_launch_op *op = machine.ops + i;
        if (run_child(op) >= 0) continue;
        if (op->skip && errno == ENOENT) { i += op->skip; continue; }
        struct martlet_child_failure failure = {.op = (int32_t)i, .error = errno};
        martlet_send_descriptors(machine.control[1], &failure, sizeof failure, NULL, 0);
        _exit(125);
    }
    _exit(125);
}
