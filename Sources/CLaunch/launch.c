// SPDX-License-Identifier: Apache-2.0
// Executes a validated launch program. One stage process runs the host side and makes the child with
// CLONE_PARENT, so that the keeper is the parent of every container process.
#include "machine.h"

#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

struct machine machine;

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
        // It may be somebody now. If it has ended, who hands over to it will know.
        (void)martlet_send_descriptors(machine.control[0], "U", 1, NULL, 0);
    }
    return 0;
}

// What the child says: that it has joined its groups, which it does by itself, or what went wrong.
static int hear_child(struct martlet_stage_report *result, int flags) {
    struct martlet_child_failure told;
    size_t none = 0;
    ssize_t length;
    do length = martlet_receive_descriptors(machine.control[0], &told, sizeof told, NULL, &none, flags);
    while (length < 0 && errno == ECONNRESET); // it ended with something unread: what it said follows
    if (length < 0 && errno == EAGAIN) return 0;
    int spoke = length == sizeof told;
    if (spoke && told.error == 0) return 0;
    result->op = spoke ? told.op : (int32_t)(machine.progress->child & MARTLET_AT_NUMBER) - 1; // killed there
    result->error = spoke ? told.error : ECHILD;
    return -1;
}

static int hand_over(const struct martlet_launch_op *op) {
    const uint16_t *list = (const uint16_t *)text_of(op);
    size_t count = op->text_length / 2;
    int fds[MARTLET_MAX_INPUTS];
    for (size_t i = 0; i < count; i++) fds[i] = machine.slots[list[i]];
    return martlet_send_descriptors(machine.control[0], list, op->text_length, fds, count);
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
    case MARTLET_OP_ENTER: return setns(slot(op->a), (int)op->x);
    case MARTLET_OP_TIME:
        if (unshare(CLONE_NEWTIME) < 0) return -1;
        if (op->text_length <= 1) return 0;
        return write_file(openat(machine.proc, "self/timens_offsets", O_WRONLY | O_CLOEXEC), text_of(op), op->text_length - 1);
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

static int prepare_stage(void) {
    umask(0);
    machine.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct statfs kind;
    if (machine.proc < 0 || fstatfs(machine.proc, &kind) < 0) return -1;
    if (kind.f_type != PROC_SUPER_MAGIC) { errno = ENOTDIR; return -1; }
    if (unshare(CLONE_NEWNS) < 0) return -1;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct mount_attr alone = {.propagation = MS_PRIVATE};
    if (root < 0 || call_mount_setattr(root, 1, &alone) < 0) return -1;
    close(root);
    return 0;
}

_Noreturn void martlet_launch_stage(const void *program, const int *inputs, size_t count, int report,
                                    struct martlet_progress *progress) {
    const struct martlet_launch_header *header = program;
    machine.program = program;
    machine.ops = (const struct martlet_launch_op *)((const char *)program + sizeof *header);
    machine.op_count = header->op_count;
    machine.progress = progress;
    machine.pidfd = machine.control[0] = machine.failures = machine.empty = -1;
    for (size_t i = 0; i < MARTLET_SLOTS; i++) machine.slots[i] = i < count ? inputs[i] : -1;
    close_others(inputs, count, report);
    martlet_faults_arm();
    struct martlet_stage_report result = {.op = -1};
    if (count != header->inputs) { errno = EBADMSG; result.error = EBADMSG; }
    else if (prepare_stage() < 0) result.error = errno;
    int joins = 0; // the child has groups to join, and was not heard of yet
    for (uint32_t i = 0; result.error == 0 && i < machine.op_count; i++) {
        const struct martlet_launch_op *op = machine.ops + i;
        joins |= op->code == MARTLET_OP_CGROUP;
        if (op->code == MARTLET_OP_CGROUP) continue; // the child's
        if (joins && (op->code == MARTLET_OP_HANDOVER || op->side != MARTLET_HOST)) {
            joins = 0;
            if (hear_child(&result, 0) < 0) break;
        }
        if (op->side != MARTLET_HOST) break;
        machine.progress->stage = i + 1;
        if (!martlet_fault(i) && run_host(op, i) >= 0) continue;
        int cause = errno;
        // A child that has ended is why nothing more can be done to it.
        joins |= op->code == MARTLET_OP_CLONE && machine.child && op[1].code == MARTLET_OP_CGROUP;
        if (joins && hear_child(&result, 0) < 0) break;
        if (machine.child && (cause == ENOENT || cause == ESRCH)) // one that is ending has no namespaces before its end is known
            poll(&(struct pollfd){.fd = machine.control[0], .events = POLLIN}, 1, 200);
        if (machine.child && hear_child(&result, MSG_DONTWAIT) < 0) break;
        result.op = (int32_t)i;
        result.error = cause;
    }
    if (result.error == 0) (void)martlet_fault(machine.op_count);
    int fds[2 + MARTLET_MAX_EXPORTS] = {machine.control[0], machine.pidfd};
    size_t fd_count = 0;
    if (result.error == 0) {
        result.pid = machine.child;
        fd_count = 2 + machine.export_count;
        for (size_t i = 0; i < machine.export_count; i++) fds[2 + i] = machine.exports[i];
    } else if (machine.pidfd >= 0) {
        call_pidfd_kill(machine.pidfd, SIGKILL);
    }
    if (martlet_send_descriptors(report, &result, sizeof result, fds, fd_count) < 0 && machine.pidfd >= 0)
        call_pidfd_kill(machine.pidfd, SIGKILL);
    _exit(0);
}
