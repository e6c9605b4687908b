// SPDX-License-Identifier: Apache-2.0
// martlet-keeper: the parent of every container process. It makes containers by running launch programs,
// reaps them, holds their exit statuses until acknowledged, and parks descriptors. One thread, no heap.
#include "tables.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

struct keeper keeper;

void complain(const char *what, const char *subject) {
    char line[512];
    int length = snprintf(line, sizeof line, "<3>martlet-keeper: %s %s: %s\n", what, subject, strerror(errno));
    if (length >= (int)sizeof line) length = sizeof line - 1;
    // A journal that does not read must not stop us: the line is lost instead.
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && out.revents & POLLOUT && write(STDERR_FILENO, line, (size_t)length) < 0) {}
}

static _Noreturn void give_up(const char *what, const char *subject) {
    complain(what, subject);
    exit(1);
}

// The socket is bound through the directory's descriptor: sun_path holds 107 bytes, a folder's path more.
static int listen_below(int directory) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/keeper.sock", directory);
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (unlinkat(directory, "keeper.sock", 0) < 0 && errno != ENOENT) return -1;
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0) return -1;
    return listen(listener, 64) < 0 ? -1 : listener;
}

// Moves to a leaf of a control group that is handed over to us, with Delegate=yes, and hands every controller down
// for its siblings (cgroup-v2, "no internal processes").
static int enter_leaf(void) {
    char line[4096], path[4300], controllers[1024] = {0};
    FILE *own = fopen("/proc/self/cgroup", "re");
    const char *group = NULL;
    while (own && !group && fgets(line, sizeof line, own))
        if (strncmp(line, "0::", 3) == 0) { line[strcspn(line, "\n")] = 0; group = line + 3; }
    if (own) fclose(own);
    if (!group) { errno = ENOENT; complain("find cgroup", "v2"); return -1; }
    snprintf(path, sizeof path, "/sys/fs/cgroup%s", group);
    int directory = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (mkdirat(directory, "_holder", 0755) < 0 && errno != EEXIST) { complain("make leaf cgroup", path); return -1; }
    int procs = openat(directory, "_holder/cgroup.procs", O_WRONLY | O_CLOEXEC);
    int entered = procs < 0 || write(procs, "0", 1) < 0 ? -1 : 0;
    if (entered < 0) complain("enter leaf cgroup", path);
    int list = openat(directory, "cgroup.controllers", O_RDONLY | O_CLOEXEC);
    int control = openat(directory, "cgroup.subtree_control", O_WRONLY | O_CLOEXEC);
    ssize_t length = read(list, controllers, sizeof controllers - 1);
    for (char *name = strtok(length > 0 ? controllers : (char[]){0}, " \n"); name; name = strtok(NULL, " \n")) {
        char word[64];
        int size = snprintf(word, sizeof word, "+%s", name);
        if (write(control, word, (size_t)size) < 0) complain("enable controller", name);
    }
    close(procs), close(list), close(control), close(directory);
    return entered;
}

static void harden(void) {
    umask(077);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &keeper.files) == 0) {
        files = keeper.files;
        files.rlim_cur = files.rlim_max; // our ceiling: 1 pidfd and 6 log pipes a container
        setrlimit(RLIMIT_NOFILE, &files);
    }
    int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (score < 0 || write(score, "-900", 4) < 0) complain("degraded: without CAP_SYS_RESOURCE cannot lower", "oom_score_adj");
    if (score >= 0) close(score);
}

static void take_signals(void) {
    struct signalfd_siginfo signal;
    while (read(keeper.signals, &signal, sizeof signal) == sizeof signal)
        if (signal.ssi_signo == SIGTERM && !keeper.stopping) {
            keeper.stopping = 1;
            kill_all();
        }
    reap();
}

static void dispatch(uint64_t data) {
    int index = (int)(uint32_t)data;
    struct container *container = keeper.containers + index;
    switch (data >> 32) {
    case WATCH_LISTENER: accept_client(); break;
    case WATCH_SIGNALS: take_signals(); break;
    case WATCH_CLIENT: serve_client(index); break;
    // An event of this round may have ended what a later one is about.
    case WATCH_REPORT: if (container->name[0] && container->report >= 0) stage_reported(container); break;
    case WATCH_CONTROL: if (container->name[0] && container->control >= 0) control_readable(container); break;
    case WATCH_PIDFD:
        if (container->name[0] && container->adopted && container->state != MARTLET_EXITED) pidfd_readable(container);
        break;
    }
}

// For a runtime without a keeper: runs one launch program as its stage and ends. Descriptor 3 is the program, 4
// takes the report, 5 is a file that tells the progress, the inputs follow. The caller runs us from a
// sealed copy.
static int run_stage(const char *inputs) {
    int fds[MARTLET_MAX_INPUTS], count = atoi(inputs), error = 0;
    struct martlet_stage_report report = {.op = -1};
    size_t size = 0;
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (count < 0 || count > MARTLET_MAX_INPUTS) return 2;
    for (int fd = 3; fd < 6 + count; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
    for (int i = 0; i < count; i++) fds[i] = 6 + i;
    const void *program = map_program(3, &size, &error, &report.op);
    void *progress = program ? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, 5, 0) : MAP_FAILED;
    if (progress != MAP_FAILED) martlet_launch_stage(program, fds, (size_t)count, 4, progress);
    report.error = program ? errno : error;
    return martlet_send_descriptors(4, &report, sizeof report, NULL, 0) < 0;
}

// Keeps a control group for containers, as a unit of its own, until SIGTERM. It is not the keeper's: systemd starts a
// unit again in the group's root, which the kernel refuses as long as that hands controllers down.
static int hold_group(void) {
    sigset_t end;
    int signal;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    if (enter_leaf() < 0) return 1;
    tell_manager("READY=1");
    while (sigwait(&end, &signal) != 0) {}
    return 0;
}

int main(int count, char **arguments) {
    const char *runtime = NULL;
    if (count == 2 && strcmp(arguments[1], "--hold-group") == 0) return hold_group();
    if (count == 2 && strncmp(arguments[1], "--stage=", 8) == 0) return run_stage(arguments[1] + 8);
    int state = -1;
    for (int i = 1; i < count; i++) {
        if (strncmp(arguments[i], "--runtime-dir=", 14) == 0) runtime = arguments[i] + 14;
        else if (strncmp(arguments[i], "--state=", 8) == 0) state = atoi(arguments[i] + 8);
        else {
            fprintf(stderr, "martlet-keeper: %s: unknown option: known are --runtime-dir=DIR and --hold-group\n", arguments[i]);
            return 2;
        }
    }
    if (!runtime) { fprintf(stderr, "martlet-keeper: --runtime-dir: missing: name a folder\n"); return 2; }
    // Descriptors that we receive must never be taken for the standard ones.
    int standard;
    while ((standard = open("/dev/null", O_RDWR)) >= 0 && standard <= STDERR_FILENO) {}
    if (standard > STDERR_FILENO) close(standard);
    seal_self(arguments);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); // children keep this until exec, which undoes it: hence after each of ours
    keeper.arguments = arguments;
    keeper.listener = keeper.lock = -1;
    for (int i = 0; i < MAX_CLIENTS; i++) keeper.clients[i].fd = -1;

    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGCHLD, SIG_DFL); // ignored, it would reap in our place; exec keeps what a parent left
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN); // a terminal's Ctrl-C is for the foreground process
    signal(SIGHUP, SIG_IGN);
    keeper.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    keeper.epoll = epoll_create1(EPOLL_CLOEXEC);
    keeper.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    keeper.runtime = openat(AT_FDCWD, runtime, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (keeper.runtime < 0) give_up("open", runtime);
    if (share_progress() < 0) give_up("mmap", "progress");

    if (state >= 0) {
        if (resume_state(state) < 0) give_up("resume from", "saved state");
    } else {
        harden();
        keeper.listener = adopt_stored();
        keeper.lock = openat(keeper.runtime, "keeper.lock", O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (keeper.lock < 0 || flock(keeper.lock, LOCK_EX | LOCK_NB) < 0) give_up("another keeper runs in", runtime);
        if (keeper.listener < 0) keeper.listener = listen_below(keeper.runtime);
        if (keeper.listener < 0) give_up("listen in", runtime);
    }
    if (watch(keeper.listener, WATCH_LISTENER, 0) < 0 || watch(keeper.signals, WATCH_SIGNALS, 0) < 0)
        give_up("epoll_ctl", runtime);
    reap(); // what ended while we were being replaced
    tell_manager("READY=1");

    while (keeper.stopping != 2 && !(keeper.stopping == 1 && live_containers() == 0)) {
        struct epoll_event events[64];
        int ready = epoll_wait(keeper.epoll, events, 64, keeper.dying ? 10 : store_waits() ? 50 : -1);
        for (int i = 0; i < ready; i++) dispatch(events[i].data.u64);
        if (keeper.dying) look_for_exits();
        if (store_waits()) store_again();
    }
    unlinkat(keeper.runtime, "keeper.sock", 0); // the lock's file stays: two could hold two files of one name
    return 0;
}
