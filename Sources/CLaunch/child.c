// SPDX-License-Identifier: Apache-2.0
// The container side: the child takes its place, drops its rights, waits for its release and execs.
#include "machine.h"

#include <linux/keyctl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/wait.h>

// The mount that a place is on. Where the call is not there the C library answers for it, and says nothing of mounts:
// two of those would look alike.
static int mount_of(int directory, const char *path, int flags, unsigned long long *mount) {
    struct statx found;
    if (statx(directory, path, flags, STATX_MNT_ID, &found) < 0) return -1;
    if (!(found.stx_mask & STATX_MNT_ID)) { errno = ENOSYS; return -1; }
    *mount = found.stx_mnt_id;
    return 0;
}

// Takes away what lies over the root, where "/.." would lead to it; fails if anything stays.
static int uncover(int root) {
    for (int layer = 0; layer < 8; layer++) {
        unsigned long long own, above;
        if (mount_of(root, "", AT_EMPTY_PATH, &own) < 0) return -1;
        if (mount_of(AT_FDCWD, "/..", AT_SYMLINK_NOFOLLOW, &above) < 0) return -1;
        if (own == above) return 0;
        if (umount2(".", MNT_DETACH) < 0) return -1;
    }
    errno = EPERM;
    return -1;
}

static int pivot(int root, int only_chroot) {
    if (only_chroot) {
        if (fchdir(root) < 0 || chroot(".") < 0) return -1;
        return chdir("/");
    }
    // pivot_root(2): with new root and old root at the same place, the old one ends up on top, and over it what was
    // moved there before.
    if (fchdir(root) < 0 || call_pivot_root(".", ".") < 0 || uncover(root) < 0) return -1;
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

// The init that stays as pid 1: forwards every signal to its one child and reaps what is orphaned to it.
static _Noreturn void init_main(pid_t main_child) {
    // The filter may be older than close_range(2).
    if (call_close_range(0, ~0U, 0) < 0)
        for (int number = 0; number < 1024; number++) close(number);
    // It stays for as long as the container does: with nothing that it shares with the caller.
    munmap((void *)((uintptr_t)machine.progress & ~(uintptr_t)4095), 4096);
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

// Receives slots, or one byte that lets it go on. Returns 1 for slots, and -1 when the other end has gone.
static int receive_slots(void) {
    uint16_t list[MARTLET_MAX_INPUTS];
    int fds[MARTLET_MAX_INPUTS];
    size_t count = MARTLET_MAX_INPUTS;
    ssize_t length = martlet_receive_descriptors(machine.control[1], list, sizeof list, fds, &count, 0);
    if (length == 1) return 0;
    if (length <= 0 || (size_t)length != count * sizeof *list) return -1;
    for (size_t i = 0; i < count; i++) machine.slots[list[i]] = fds[i];
    return 1;
}

// A stage that has failed tells why; we only go.
static int await_hand_over(void) {
    if (receive_slots() != 1) _exit(125);
    return 0;
}

// The end of the socket means that the caller is gone, or gave us up.
static int await_release(void) {
    int received;
    while ((received = receive_slots()) > 0) {}
    if (received < 0) _exit(125);
    return 0;
}

// The caller does what it must between two of our operations: hooks, or taking over a descriptor.
static int synchronise(const struct martlet_launch_op *op, uint32_t index) {
    struct martlet_child_failure message = {.op = (int32_t)index};
    int sent = slot(op->a);
    if (martlet_send_descriptors(machine.control[1], &message, sizeof message, &sent, sent >= 0) < 0) return -1;
    return await_release();
}

// The end of the control socket tells that everything is made. Both pipes are held open for reading and
// writing, so that neither side waits for the other to open them.
static int wait_for_start(const struct martlet_launch_op *op) {
    machine.failures = slot(op->b);
    close(machine.control[1]);
    machine.control[1] = -1;
    char byte;
    ssize_t count;
    do count = read(slot(op->a), &byte, 1);
    while (count < 0 && errno == EINTR);
    if (count == 0) errno = EPIPE;
    return count == 1 ? 0 : -1;
}

static int write_label(const struct martlet_launch_op *op) {
    char path[64], digits[16];
    size_t at = 0, n = 0;
    for (pid_t rest = getpid(); rest > 0; rest /= 10) digits[n++] = (char)('0' + rest % 10);
    while (n > 0) path[at++] = digits[--n];
    path[at++] = '/';
    if (op->text_length > sizeof path - at) { errno = ENAMETOOLONG; return -1; }
    memcpy(path + at, text_of(op), op->text_length);
    return write_file(call_openat2(slot(op->a), path, O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), more_of(op),
                      op->more_length);
}

static int run_child(const struct martlet_launch_op *op, uint32_t index) {
    switch (op->code) {
    case MARTLET_OP_RECEIVE: return await_hand_over();
    case MARTLET_OP_GATE: return await_release();
    case MARTLET_OP_MASK: return mask_path(op);
    case MARTLET_OP_READONLY: return make_read_only(op);
    case MARTLET_OP_COPYUP: return copy_up(slot(op->a), slot(op->b));
    case MARTLET_OP_BECOME: return become(op);
    case MARTLET_OP_UNSHARE: return unshare((int)op->x);
    case MARTLET_OP_JOIN: return setns(slot(op->a), (int)op->x);
    case MARTLET_OP_PIVOT: return pivot(slot(op->a), op->x == 1);
    case MARTLET_OP_HOSTNAME: return sethostname(text_of(op), op->text_length - 1);
    case MARTLET_OP_DOMAIN: return setdomainname(text_of(op), op->text_length - 1);
    case MARTLET_OP_RLIMIT: return (int)syscall(SYS_prlimit64, 0, (int)op->x, text_of(op), NULL);
    case MARTLET_OP_CAPS: return set_capabilities((const uint64_t *)text_of(op));
    case MARTLET_OP_NO_NEW_PRIVS: return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case MARTLET_OP_SECCOMP: return set_filter(op);
    case MARTLET_OP_KEYRING:
        if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS) return 0;
        return -1;
    case MARTLET_OP_UMASK: umask((mode_t)op->x); return 0;
    case MARTLET_OP_CHDIR: return change_directory(text_of(op));
    case MARTLET_OP_SETSID: return setsid() < 0 ? -1 : 0;
    case MARTLET_OP_TERMINAL: return ioctl(slot(op->a), TIOCSCTTY, 0);
    case MARTLET_OP_STDIO: return take_stdio(op);
    case MARTLET_OP_CONSOLE: return open_console(op);
    case MARTLET_OP_KEEP: return keep_descriptors(op);
    case MARTLET_OP_SCHEDULER: return (int)syscall(SYS_sched_setattr, 0, text_of(op), 0);
    case MARTLET_OP_IOPRIO: return (int)syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, 0, (int)op->x);
    case MARTLET_OP_PERSONALITY: return personality(op->x) < 0 ? -1 : 0;
    case MARTLET_OP_AFFINITY: return (int)syscall(SYS_sched_setaffinity, 0, op->text_length, text_of(op));
    case MARTLET_OP_LABEL: return write_label(op);
    case MARTLET_OP_SYNC: return synchronise(op, index);
    case MARTLET_OP_HOOK: return run_hook(op);
    case MARTLET_OP_LOOKUP: {
        const struct martlet_launch_op *last = machine.ops + machine.op_count - 1;
        return find_executable(last, text_of(last));
    }
    case MARTLET_OP_WAIT: return wait_for_start(op);
    case MARTLET_OP_INIT: return stay_as_init();
    case MARTLET_OP_EXEC: return execute(op);
    default: return run_common(op);
    }
}

static void tell(int32_t index, int error) {
    struct martlet_child_failure message = {.op = index, .error = error};
    if (machine.failures >= 0) write_all(machine.failures, (const char *)&message, sizeof message);
    else if (martlet_send_descriptors(machine.control[1], &message, sizeof message, NULL, 0) < 0)
        // A filter may know write(2) alone.
        (void)!write(machine.control[1], &message, sizeof message);
}

static _Noreturn void give_up(uint32_t index) {
    tell((int32_t)index, errno);
    _exit(125);
}

// Who moves another's process waits milliseconds for the kernel's RCU grace period; a thread that moves itself alone
// does not. This process has no other. Returns what follows.
static uint32_t join_cgroups(uint32_t first) {
    uint32_t i = first;
    for (; i < machine.op_count && machine.ops[i].code == MARTLET_OP_CGROUP; i++) {
        machine.progress->child = i + 1;
        if (martlet_fault(i) || write_all(slot(machine.ops[i].a), "0", 1) < 0) give_up(i);
    }
    if (i > first) tell((int32_t)i, 0);
    return i;
}

_Noreturn void child_main(uint32_t first) {
    int mapped = (machine.ops[first - 1].x & CLONE_NEWUSER) != 0;
    close(machine.control[0]);
    first = join_cgroups(first);
    (void)martlet_fault(machine.op_count + 1);
    default_signals(); // here, for a filter would look at each of these calls
    if (mapped && receive_slots() != 0) _exit(125);
    while (first < machine.op_count && machine.ops[first].side == MARTLET_HOST) first++;
    for (uint32_t i = first; i < machine.op_count; i++) {
        const struct martlet_launch_op *op = machine.ops + i;
        uint32_t at = op->code == MARTLET_OP_EXEC ? MARTLET_AT_EXEC : op->code == MARTLET_OP_WAIT ? MARTLET_AT_WAIT : 0;
        machine.progress->child = (i + 1) | at;
        if (martlet_fault(i) || run_child(op, i) < 0) give_up(i);
    }
    _exit(125);
}
