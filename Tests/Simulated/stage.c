// SPDX-License-Identifier: Apache-2.0
// A runtime that makes no container: the keeper is the real one, and what it starts is a process that waits. For
// measures of the agent with more services than a machine can run.
#include "calls.h"
#include "launch.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Keeps what it was given, as a container keeps its log pipes, and nothing else of the keeper's.
static void close_others(const int *kept, size_t count) {
    int from = 3;
    for (;;) {
        int next = -1;
        for (size_t i = 0; i < count; i++)
            if (kept[i] >= from && (next < 0 || kept[i] < next)) next = kept[i];
        if (next < 0) break;
        if (next > from) call_close_range((unsigned)from, (unsigned)next - 1, 0);
        from = next + 1;
    }
    call_close_range((unsigned)from, ~0U, 0);
}

_Noreturn static void wait_for_end(int control, const int *inputs, size_t count) {
    char word;
    if (recv(control, &word, 1, 0) != 1) _exit(0); // nobody is left who would release it
    close_others(inputs, count);                    // the end of `control` says that it runs
    signal(SIGTERM, SIG_DFL);
    for (;;) pause();
}

_Noreturn void martlet_launch_stage(const void *program, const int *inputs, size_t count, int report,
                                    struct martlet_progress *progress) {
    int control[2], pidfd = -1;
    struct martlet_stage_report result = {.op = -1};
    (void)program, (void)progress;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0) _exit(1);
    // Its parent is the keeper, as that of a container.
    long pid = syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, 0);
    if (pid < 0) _exit(1);
    if (pid == 0) {
        close(control[0]);
        wait_for_end(control[1], inputs, count);
    }
    result.pid = (int32_t)pid;
    int fds[2] = {control[0], pidfd};
    if (martlet_send_descriptors(report, &result, sizeof result, fds, 2) < 0) call_pidfd_kill(pidfd, SIGKILL);
    _exit(0);
}
