// SPDX-License-Identifier: Apache-2.0
#include "tables.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static int index_of(const struct container *container) { return (int)(container - keeper.containers); }

struct container *find_container(const char *name) {
    for (int i = 0; i < keeper.high_container; i++)
        if (keeper.containers[i].name[0] && strcmp(keeper.containers[i].name, name) == 0) return keeper.containers + i;
    return NULL;
}

static struct container *place_container(const char *name) {
    for (int i = 0; i < MARTLET_KEEPER_CONTAINERS; i++) {
        struct container *container = keeper.containers + i;
        if (container->name[0]) continue;
        memset(container, 0, sizeof *container);
        memcpy(container->name, name, strlen(name) + 1);
        container->pidfd = container->report = container->control = container->client = -1;
        container->status = MARTLET_STATUS_UNKNOWN;
        if (i >= keeper.high_container) keeper.high_container = i + 1;
        return container;
    }
    return NULL;
}

static void drop(int *fd) {
    if (*fd < 0) return;
    unwatch(*fd);
    close(*fd);
    *fd = -1;
}

void forget(struct container *container) {
    if (container->pidfd >= 0) unstore_descriptor("c", container->name);
    drop(&container->pidfd);
    drop(&container->report);
    drop(&container->control);
    container->name[0] = 0;
    while (keeper.high_container > 0 && !keeper.containers[keeper.high_container - 1].name[0]) keeper.high_container--;
}

static void reply_for(struct container *container, int error, int op, const int *fds, size_t count) {
    if (container->client < 0) return;
    struct martlet_reply reply = {.serial = container->serial, .kind = MARTLET_ANSWER, .error = error, .op = op};
    fill_entry(&reply, container);
    answer(container->client, container->generation, &reply, fds, count);
    container->client = -1;
}

static void refuse(int client, const struct martlet_request *request, int error, int op) {
    struct martlet_reply reply = {.serial = request->serial, .kind = MARTLET_ANSWER, .error = error, .op = op};
    memcpy(reply.name, request->name, sizeof reply.name);
    answer(client, keeper.clients[client].generation, &reply, NULL, 0);
}

static void wait_for(struct container *container, int client, const struct martlet_request *request) {
    container->client = client;
    container->generation = keeper.clients[client].generation;
    container->serial = request->serial;
}

// Two words a container, for all of them at once: nothing is allocated later. Another keeper in this process begins
// with none known.
int share_progress(void) {
    size_t size = sizeof *keeper.progress * MARTLET_KEEPER_CONTAINERS;
    void *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED) return -1;
    keeper.progress = words;
    return 0;
}

static int number_of(uint32_t word) { return (int)(word & MARTLET_AT_NUMBER) - 1; }

const void *map_program(int fd, size_t *size, int *error, int *op) {
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat status;
    *op = -1;
    *error = EPERM;
    if (seals < 0 || (seals & (F_SEAL_WRITE | F_SEAL_SHRINK)) != (F_SEAL_WRITE | F_SEAL_SHRINK)) return NULL;
    *error = EINVAL;
    if (fstat(fd, &status) < 0 || status.st_size <= 0 || status.st_size > MARTLET_LAUNCH_MAX_SIZE) return NULL;
    *size = (size_t)status.st_size;
    const void *program = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (program == MAP_FAILED) { *error = errno; return NULL; }
    int bad = martlet_launch_validate(program, *size);
    if (bad == -1) return program;
    *op = bad;
    munmap((void *)(uintptr_t)program, *size);
    return NULL;
}

void prepare(int client, const struct martlet_request *request, int *fds, size_t count) {
    size_t size = 0;
    int error = EBADMSG, op = -1, report[2];
    if (keeper.stopping) { refuse(client, request, ESHUTDOWN, -1); return; }
    const void *program = count > 0 ? map_program(fds[0], &size, &error, &op) : NULL;
    if (!program) { refuse(client, request, error, op); return; }
    struct container *container = find_container(request->name) ? NULL : place_container(request->name);
    if (!container) {
        refuse(client, request, find_container(request->name) ? EEXIST : ENOSPC, -1);
    } else if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0) {
        refuse(client, request, errno, -1);
        forget(container);
    } else {
        keeper.progress[index_of(container)] = (struct martlet_progress){0};
        pid_t stage = fork();
        if (stage == 0) {
            setrlimit(RLIMIT_NOFILE, &keeper.files); // our own is raised; containers start with the usual one
            martlet_launch_stage(program, fds + 1, count - 1, report[1], keeper.progress + index_of(container));
        }
        error = errno;
        close(report[1]);
        container->report = report[0];
        container->stage = stage;
        container->state = MARTLET_PREPARING;
        if (stage < 0 || watch(report[0], WATCH_REPORT, index_of(container)) < 0) {
            refuse(client, request, stage < 0 ? error : errno, -1);
            forget(container);
        } else {
            wait_for(container, client, request);
        }
    }
    munmap((void *)(uintptr_t)program, size);
}

static void exited(struct container *container, int wait_status) {
    container->status = wait_status < 0 ? MARTLET_STATUS_UNKNOWN
                        : WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                                   : WEXITSTATUS(wait_status);
    container->state = MARTLET_EXITED;
    container->deadline = 0;
    drop(&container->control);
    announce_exit(container);
}

void stage_reported(struct container *container) {
    struct martlet_stage_report report;
    int fds[2 + MARTLET_MAX_EXPORTS];
    size_t count = 2 + MARTLET_MAX_EXPORTS;
    ssize_t length = martlet_receive_descriptors(container->report, &report, sizeof report, fds, &count, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) return;
    drop(&container->report);
    if (length != (ssize_t)sizeof report || report.error != 0 || count < 2) {
        int told = length == (ssize_t)sizeof report;
        int at = number_of(keeper.progress[index_of(container)].stage);
        reply_for(container, told ? report.error : ECHILD, told ? report.op : at, NULL, 0);
        for (size_t i = 0; i < count; i++) close(fds[i]);
        forget(container);
        return;
    }
    container->control = fds[0];
    container->pidfd = fds[1];
    container->pid = report.pid;
    container->state = MARTLET_PREPARED;
    struct client *client = container->client < 0 ? NULL : keeper.clients + container->client;
    if (!client || client->fd < 0 || client->generation != container->generation || keeper.stopping)
        call_pidfd_kill(container->pidfd, SIGKILL); // nobody is left who would release it
    // Before the store hears of it: a release comes later still, and without one it ends with us.
    reply_for(container, 0, -1, fds + 1, count - 1);
    store_descriptor("c", container->name, container->pidfd);
    for (size_t i = 2; i < count; i++) close(fds[i]);
    // It may have ended before we knew its pid. The pidfd decides, for pids are used again: what is dead now
    // and is not reaped now was reaped before.
    struct pollfd process = {.fd = container->pidfd, .events = POLLIN};
    if (poll(&process, 1, 0) == 1) {
        reap();
        container->pid = -1;
    }
}

void release(int client, const struct martlet_request *request) {
    struct container *container = find_container(request->name);
    if (!container) { refuse(client, request, ESRCH, -1); return; }
    if (container->state != MARTLET_PREPARED) { refuse(client, request, EALREADY, -1); return; }
    // One that has failed by now does not take it; what it said, or its end, is read in its turn.
    int sent = (int)martlet_send_descriptors(container->control, "R", 1, NULL, 0);
    if ((sent < 0 && errno != EPIPE && errno != ECONNRESET) || watch(container->control, WATCH_CONTROL, index_of(container)) < 0) {
        refuse(client, request, errno, -1);
        return;
    }
    container->state = MARTLET_RELEASING;
    wait_for(container, client, request);
}

void abort_container(int client, const struct martlet_request *request) {
    struct container *container = find_container(request->name);
    if (!container) { refuse(client, request, ESRCH, -1); return; }
    if (container->state == MARTLET_PREPARING) {
        // A stage that hangs; who waits for it is told by the end of its report.
        if (container->stage > 0) kill(container->stage, SIGKILL);
        refuse(client, request, 0, -1);
        return;
    }
    if (container->state != MARTLET_PREPARED) { refuse(client, request, EALREADY, -1); return; }
    call_pidfd_kill(container->pidfd, SIGKILL);
    forget(container);
    refuse(client, request, 0, -1);
}

// A released child failed, or its end closed by exec (or by death, which SIGCHLD tells).
void control_readable(struct container *container) {
    struct martlet_child_failure failure;
    size_t none = 0;
    ssize_t length;
    do length = martlet_receive_descriptors(container->control, &failure, sizeof failure, NULL, &none, MSG_DONTWAIT);
    while (length < 0 && errno == ECONNRESET); // it ended without having read its release: what it said follows
    if (length < 0 && errno == EAGAIN) return;
    if (length == (ssize_t)sizeof failure) {
        if (failure.error == 0) { // it waits for an answer that only a runtime of its own gives
            failure.error = EPROTO;
            call_pidfd_kill(container->pidfd, SIGKILL);
        }
        reply_for(container, failure.error, failure.op, NULL, 0);
        forget(container); // its exit is ours alone
        return;
    }
    drop(&container->control);
    uint32_t at = keeper.progress[index_of(container)].child;
    if (container->pid < 0 || (at && !(at & (MARTLET_AT_EXEC | MARTLET_AT_WAIT)))) { // killed on the way: its program never ran
        reply_for(container, ECHILD, number_of(at), NULL, 0);
        forget(container);
        return;
    }
    container->state = MARTLET_RUNNING;
    reply_for(container, 0, -1, NULL, 0);
}

void reap(void) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct container *found = NULL;
        for (int i = 0; i < keeper.high_container && !found; i++) {
            struct container *container = keeper.containers + i;
            if (!container->name[0]) continue;
            if (container->pid == pid && container->state != MARTLET_EXITED) found = container;
            if (container->stage == pid) container->stage = 0;
        }
        if (found && found->state == MARTLET_RELEASING && found->control >= 0) control_readable(found);
        // Not released yet: that it failed, and where, is told to who releases it.
        if (found && found->state == MARTLET_PREPARED) found->pid = -1;
        else if (found && found->name[0]) exited(found, status);
    }
}

// PIDFD_GET_INFO with PIDFD_INFO_EXIT (6.15): the status of a process that somebody else has reaped.
static int exit_of_other(int pidfd) {
    struct { uint64_t mask, cgroup; uint32_t ids[11]; int32_t exit_code; } info = {.mask = 1 << 3};
    _Static_assert(sizeof info == 64, "PIDFD_INFO_SIZE_VER0");
    if (ioctl(pidfd, _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, sizeof info), &info) < 0 || !(info.mask & 1 << 3)) return -1;
    return info.exit_code;
}

static int32_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int32_t)(uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

void pidfd_readable(struct container *container) {
    unwatch(container->pidfd);
    container->deadline = (int32_t)((uint32_t)milliseconds() + 1000) | 1; // its reaper may not have come yet
    keeper.dying++;
    look_for_exits();
}

void look_for_exits(void) {
    keeper.dying = 0;
    for (int i = 0; i < keeper.high_container; i++) {
        struct container *container = keeper.containers + i;
        if (!container->name[0] || container->deadline == 0) continue;
        int status = exit_of_other(container->pidfd);
        if (status >= 0 || (int32_t)((uint32_t)milliseconds() - (uint32_t)container->deadline) > 0) exited(container, status);
        else keeper.dying++;
    }
}

void fill_entry(struct martlet_reply *reply, const struct container *container) {
    reply->state = (uint16_t)container->state;
    reply->pid = container->pid;
    reply->status = container->status;
    memcpy(reply->name, container->name, sizeof reply->name);
}

int live_containers(void) {
    int live = 0;
    for (int i = 0; i < keeper.high_container; i++) {
        const struct container *container = keeper.containers + i;
        int ended = container->state == MARTLET_EXITED || (container->state == MARTLET_PREPARED && container->pid < 0);
        live += container->name[0] && !ended;
    }
    return live;
}

void kill_all(void) {
    for (int i = 0; i < keeper.high_container; i++) {
        struct container *container = keeper.containers + i;
        if (!container->name[0]) continue;
        if (container->pidfd >= 0) call_pidfd_kill(container->pidfd, SIGKILL);
        else if (container->state == MARTLET_PREPARING && container->stage > 0) kill(container->stage, SIGKILL);
    }
}
