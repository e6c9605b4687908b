// SPDX-License-Identifier: Apache-2.0
// Executes a validated launch program. One stage process runs the host side and makes the child with
// CLONE_PARENT, so that the keeper is the parent of every container process.
#include "launch.h"

#include "calls.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <grp.h>

struct machine {
    const char *program;
    const struct martlet_launch_op *ops;
    uint32_t op_count;
    int slots[MARTLET_SLOTS];
    int proc;       // the host's procfs
    int control[2]; // [0] the keeper's end, [1] the child's
    int pidfd;
    pid_t child;
    int exports[MARTLET_MAX_EXPORTS];
    size_t export_count;
    const char *arguments[MARTLET_LAUNCH_MAX_STRINGS + 2]; // one NULL after each list
};

static struct machine machine; // one program a process

static const char *text_of(const struct martlet_launch_op *op) { return machine.program + op->text; }
static const char *more_of(const struct martlet_launch_op *op) { return machine.program + op->more; }
static int slot(int16_t number) { return number < 0 ? -1 : machine.slots[number]; }

static int put(int16_t number, int fd) {
    if (fd < 0) return -1;
    machine.slots[number] = fd;
    return 0;
}

static int write_all(int fd, const char *bytes, size_t length) {
    // procfs and cgroupfs take a value in one write or not at all.
    ssize_t written = write(fd, bytes, length);
    if (written == (ssize_t)length) return 0;
    if (written >= 0) errno = EIO;
    return -1;
}

static int write_file(int fd, const char *bytes, size_t length) {
    if (fd < 0) return -1;
    int failed = write_all(fd, bytes, length), cause = errno;
    close(fd);
    errno = cause;
    return failed;
}

// "PID/name" below /proc.
static int child_proc(const char *name, int flags) {
    char path[64], digits[16];
    size_t at = 0, n = 0;
    for (pid_t rest = machine.child; rest > 0; rest /= 10) digits[n++] = (char)('0' + rest % 10);
    while (n > 0) path[at++] = digits[--n];
    path[at++] = '/';
    size_t length = strlen(name);
    if (length >= sizeof path - at) { errno = ENAMETOOLONG; return -1; }
    memcpy(path + at, name, length + 1);
    return openat(machine.proc, path, flags | O_CLOEXEC);
}

static int write_child_proc(const char *name, const char *bytes, size_t length) {
    return write_file(child_proc(name, O_WRONLY), bytes, length);
}

// --- mount points -------------------------------------------------------------------------------------

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

// The mount point at `path` below `root`, made if it is absent. Every step is resolved by the kernel inside
// the root; a component that is a link to nothing is refused rather than followed.
static int ensure_target(int root, const char *path, int file, uint64_t resolve) {
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
        int last = next >= length, as_file = last && file;
        int found = open_below(root, prefix, as_file ? 0 : O_DIRECTORY, resolve);
        if (found < 0 && errno == ENOENT) {
            const char *name = prefix + start;
            int made = as_file ? openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644)
                               : mkdirat(parent, name, 0755);
            if (made > 0) close(made);
            if (made < 0 && errno == EEXIST) errno = ELOOP; // a dangling link
            if (made >= 0)
                found = call_openat2(parent, name, O_PATH | O_NOFOLLOW | (as_file ? 0 : O_DIRECTORY), 0,
                                     RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
        }
        int cause = errno;
        close(parent);
        errno = cause;
        parent = found;
        for (size_t i = end; i < next; i++) prefix[i] = '/';
        start = next;
    }
    return parent;
}

// --- either side --------------------------------------------------------------------------------------

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

static int run_common(const struct martlet_launch_op *op) {
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
    case MARTLET_OP_TARGET: return put(op->b, refuse_procfs(ensure_target(slot(op->a), text_of(op), (int)op->x, op->y), op->y));
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
    case MARTLET_OP_CLOSE: close(slot(op->a)); machine.slots[op->a] = -1; return 0;
    default: errno = ENOSYS; return -1;
    }
}

// --- the child ----------------------------------------------------------------------------------------

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
        ssize_t length = call_receive(machine.control[1], list, sizeof list, fds, &count, 0);
        if (length <= 0) return -1;
        if (length == 1) return 0;
        if ((size_t)length != count * sizeof *list) return -1;
        for (size_t i = 0; i < count; i++) machine.slots[list[i]] = fds[i];
    }
}

static _Noreturn void child_main(uint32_t first) {
    close(machine.control[0]);
    if (await_release() < 0) _exit(125); // the keeper is gone, or aborted us
    while (first < machine.op_count && machine.ops[first].side == MARTLET_HOST) first++;
    for (uint32_t i = first; i < machine.op_count; i++) {
        const struct martlet_launch_op *op = machine.ops + i;
        if (run_child(op) >= 0) continue;
        if (op->skip && errno == ENOENT) { i += op->skip; continue; }
        struct martlet_child_failure failure = {.op = (int32_t)i, .error = errno};
        call_send(machine.control[1], &failure, sizeof failure, NULL, 0);
        _exit(125);
    }
    _exit(125);
}

// --- the stage ----------------------------------------------------------------------------------------

static int make_child(const struct martlet_launch_op *op, uint32_t index) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, machine.control) < 0) return -1;
    // clone3(2): with CLONE_PARENT the exit signal is the stage's own and must be 0 here.
    struct clone_args arguments = {
        .flags = op->x | CLONE_PARENT | CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&machine.pidfd};
    if (op->a != MARTLET_NO_SLOT) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)(unsigned)slot(op->a);
    }
    pid_t pid = call_clone3(&arguments);
    if (pid == 0) child_main(index + 1);
    if (pid < 0) return -1;
    machine.child = pid;
    close(machine.control[1]);
    if (op->x & CLONE_NEWUSER) {
        if (write_child_proc("gid_map", more_of(op), op->more_length - 1) < 0) return -1;
        if (write_child_proc("uid_map", text_of(op), op->text_length - 1) < 0) return -1;
    }
    return 0;
}

static int join_cgroup(int procs) {
    char digits[16];
    size_t at = sizeof digits;
    for (pid_t rest = machine.child; rest > 0; rest /= 10) digits[--at] = (char)('0' + rest % 10);
    return write_all(procs, digits + at, sizeof digits - at);
}

static int hand_over(const struct martlet_launch_op *op) {
    const uint16_t *list = (const uint16_t *)text_of(op);
    size_t count = op->text_length / 2;
    int fds[MARTLET_MAX_INPUTS];
    if (count == 0) return 0;
    for (size_t i = 0; i < count; i++) fds[i] = machine.slots[list[i]];
    return call_send(machine.control[0], list, op->text_length, fds, count);
}

static int run_host(const struct martlet_launch_op *op, uint32_t index) {
    switch (op->code) {
    case MARTLET_OP_CLONE: return make_child(op, index);
    case MARTLET_OP_NAMESPACE: {
        char name[24] = "ns/";
        if (op->text_length > sizeof name - 3) { errno = ENAMETOOLONG; return -1; }
        memcpy(name + 3, text_of(op), op->text_length);
        return put(op->b, child_proc(name, O_RDONLY));
    }
    case MARTLET_OP_JOIN_PID: return setns(slot(op->a), CLONE_NEWPID);
    case MARTLET_OP_CGROUP: return join_cgroup(slot(op->a));
    case MARTLET_OP_PROC: return write_child_proc(text_of(op), more_of(op), op->more_length);
    case MARTLET_OP_HANDOVER: return hand_over(op);
    case MARTLET_OP_EXPORT: {
        const uint16_t *list = (const uint16_t *)text_of(op);
        machine.export_count = op->text_length / 2;
        for (size_t i = 0; i < machine.export_count; i++) machine.exports[i] = machine.slots[list[i]];
        return 0;
    }
    default: return run_common(op);
    }
}

// Closes every descriptor but the standard ones, the inputs and the report: the stage and the child must
// not hold another container's control socket, or its end of file would never come.
static void close_others(const int *inputs, size_t count, int report) {
    int floor = 2;
    for (;;) {
        int next = -1;
        for (size_t i = 0; i <= count; i++) {
            int fd = i < count ? inputs[i] : report;
            if (fd > floor && (next < 0 || fd < next)) next = fd;
        }
        call_close_range((unsigned)floor + 1, next < 0 ? ~0U : (unsigned)next - 1, 0);
        if (next < 0) return;
        floor = next;
    }
}

// A mount that the caller opened belongs to the namespace that we are about to leave, and open_tree(2) clones
// only mounts of the current one (or of none): such operations run first, wherever they stand.
static int is_bind_source(const struct martlet_launch_op *op, size_t inputs) {
    return op->code == MARTLET_OP_TREE && op->side == MARTLET_HOST && (size_t)op->a < inputs && !*text_of(op);
}

static int clone_bind_sources(size_t inputs, int32_t *failed) {
    for (uint32_t i = 0; i < machine.op_count; i++) {
        const struct martlet_launch_op *op = machine.ops + i;
        if (!is_bind_source(op, inputs) || run_common(op) >= 0) continue;
        *failed = (int32_t)i;
        return -1;
    }
    return 0;
}

static int prepare_stage(size_t inputs, int32_t *failed) {
    umask(0);
    machine.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct statfs kind;
    if (machine.proc < 0 || fstatfs(machine.proc, &kind) < 0) return -1;
    if (kind.f_type != PROC_SUPER_MAGIC) { errno = ENOTDIR; return -1; }
    if (clone_bind_sources(inputs, failed) < 0 || unshare(CLONE_NEWNS) < 0) return -1;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct mount_attr alone = {.propagation = MS_PRIVATE};
    if (root < 0 || call_mount_setattr(root, 1, &alone) < 0) return -1;
    close(root);
    return 0;
}

_Noreturn void martlet_launch_stage(const void *program, const int *inputs, size_t count, int report) {
    const struct martlet_launch_header *header = program;
    machine.program = program;
    machine.ops = (const struct martlet_launch_op *)((const char *)program + sizeof *header);
    machine.op_count = header->op_count;
    machine.pidfd = machine.control[0] = -1;
    for (size_t i = 0; i < MARTLET_SLOTS; i++) machine.slots[i] = i < count ? inputs[i] : -1;
    close_others(inputs, count, report);
    struct martlet_stage_report result = {.op = -1};
    if (count != header->inputs) { errno = EBADMSG; result.error = EBADMSG; }
    else if (prepare_stage(count, &result.op) < 0) result.error = errno;
    for (uint32_t i = 0; result.error == 0 && i < machine.op_count && machine.ops[i].side == MARTLET_HOST; i++) {
        const struct martlet_launch_op *op = machine.ops + i;
        if (is_bind_source(op, count) || run_host(op, i) >= 0) continue;
        if (op->skip && errno == ENOENT) { i += op->skip; continue; }
        result.op = (int32_t)i;
        result.error = errno;
    }
    int fds[2 + MARTLET_MAX_EXPORTS] = {machine.control[0], machine.pidfd};
    size_t fd_count = 0;
    if (result.error == 0) {
        result.pid = machine.child;
        fd_count = 2 + machine.export_count;
        for (size_t i = 0; i < machine.export_count; i++) fds[2 + i] = machine.exports[i];
    } else if (machine.pidfd >= 0) {
        call_pidfd_kill(machine.pidfd, SIGKILL);
    }
    if (call_send(report, &result, sizeof result, fds, fd_count) < 0 && machine.pidfd >= 0)
        call_pidfd_kill(machine.pidfd, SIGKILL);
    _exit(0);
}

// --- probing ------------------------------------------------------------------------------------------

static int detached_tmpfs(void) {
    int context = call_fsopen("tmpfs"), mount = -1;
    if (context >= 0 && call_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) mount = call_fsmount(context, 0);
    if (context >= 0) close(context);
    return mount;
}

int martlet_launch_probe(void) {
    int tmpfs = detached_tmpfs(), features = 0;
    if (tmpfs < 0) return -1;
    int lower[2] = {-1, -1};
    if (mkdirat(tmpfs, "a", 0700) == 0 && mkdirat(tmpfs, "b", 0700) == 0) {
        lower[0] = call_open_tree(tmpfs, "a", OPEN_TREE_CLONE);
        lower[1] = call_open_tree(tmpfs, "b", OPEN_TREE_CLONE);
    }
    if (lower[0] >= 0 && lower[1] >= 0) {
        features |= MARTLET_FEATURE_DETACHED_CLONE;
        int overlay = call_fsopen("overlay");
        if (overlay >= 0 && call_fsconfig(overlay, FSCONFIG_SET_FD, "lowerdir+", NULL, lower[0]) == 0 &&
            call_fsconfig(overlay, FSCONFIG_SET_FD, "lowerdir+", NULL, lower[1]) == 0 &&
            call_fsconfig(overlay, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
            features |= MARTLET_FEATURE_OVERLAY_FD;
        if (overlay >= 0) close(overlay);
    }
    for (int i = 0; i < 2; i++) if (lower[i] >= 0) close(lower[i]);
    close(tmpfs);
    return features;
}
