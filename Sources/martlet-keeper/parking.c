// SPDX-License-Identifier: Apache-2.0
// Parked descriptors, and the descriptor store that outlives us: sd_notify(3) FDSTORE, spoken by systemd
// and by the foreground form alike.
#include "tables.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

// What the store could not take yet because it does not read: names in order, for descriptors are looked up
// again. It holds one change of everything; what does not fit waits for the client's STORE.
#define MAX_WAITING (MAX_PARKED + MARTLET_KEEPER_CONTAINERS)
static struct waiting { char name[MARTLET_KEEPER_NAME], kind, removes; } waiting[MAX_WAITING];
static unsigned first_waiting, waiting_count;

// False if the store is there and does not read. It is given a moment, for what it has not been told is lost if
// we are killed; never more than one, for whoever waits then waits behind store_again. No store is no failure.
static int notify(const char *text, int fd) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path || (path[0] != '/' && path[0] != '@')) return 1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return 1;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), sent = 1;
    if (out < 0 || connect(out, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0 ||
        (martlet_send_descriptors(out, text, strlen(text), &fd, fd >= 0 ? 1 : 0) < 0 &&
         (errno != EAGAIN || waiting_count > 0 || poll(&(struct pollfd){.fd = out, .events = POLLOUT}, 1, 100) != 1 ||
          martlet_send_descriptors(out, text, strlen(text), &fd, fd >= 0 ? 1 : 0) < 0))) {
        sent = !(errno == 0 || errno == EAGAIN || errno == ENOBUFS || errno == EMFILE || errno == ENFILE || errno == ETOOMANYREFS);
        if (sent) complain("notify", path);
    }
    if (out >= 0) close(out);
    return sent;
}

void tell_manager(const char *text) { notify(text, -1); }

static int try_store(char kind, const char *name, int fd) {
    char text[64 + MARTLET_KEEPER_NAME];
    snprintf(text, sizeof text, "%s\nFDNAME=%c-%s", fd >= 0 ? "FDSTORE=1\nFDPOLL=0" : "FDSTOREREMOVE=1", kind, name);
    return notify(text, fd);
}

static void tell_store(char kind, const char *name, int fd) {
    if (waiting_count == 0 && try_store(kind, name, fd)) return;
    if (waiting_count == MAX_WAITING) { errno = ENOBUFS; complain("remember for the descriptor store", name); return; }
    struct waiting *next = waiting + (first_waiting + waiting_count++) % MAX_WAITING;
    memcpy(next->name, name, strlen(name) + 1);
    next->kind = kind;
    next->removes = fd < 0;
}

void store_descriptor(const char *kind, const char *name, int fd) { tell_store(*kind, name, fd); }
void unstore_descriptor(const char *kind, const char *name) { tell_store(*kind, name, -1); }

int store_waits(void) { return waiting_count > 0; }

void store_again(void) {
    while (waiting_count > 0) {
        struct waiting *next = waiting + first_waiting;
        struct container *container = next->kind == 'c' ? find_container(next->name) : NULL;
        struct parked *parked = next->kind == 'p' ? find_parked(next->name) : NULL;
        int fd = container ? container->pidfd : parked ? parked->fd : -1;
        // One that is gone again has its removal waiting behind it.
        if ((next->removes || fd >= 0) && !try_store(next->kind, next->name, next->removes ? -1 : fd)) return;
        first_waiting = (first_waiting + 1) % MAX_WAITING;
        waiting_count--;
    }
}

void store_everything(void) {
    for (int i = 0; i < keeper.high_container; i++)
        if (keeper.containers[i].name[0] && keeper.containers[i].pidfd >= 0)
            store_descriptor("c", keeper.containers[i].name, keeper.containers[i].pidfd);
    for (int i = 0; i < keeper.high_parked; i++)
        if (keeper.parked[i].name[0]) store_descriptor("p", keeper.parked[i].name, keeper.parked[i].fd);
}

struct parked *find_parked(const char *name) {
    for (int i = 0; i < keeper.high_parked; i++)
        if (keeper.parked[i].name[0] && strcmp(keeper.parked[i].name, name) == 0) return keeper.parked + i;
    return NULL;
}

static int keep_parked(const char *name, int fd) {
    for (int i = 0; i < MAX_PARKED; i++) {
        if (keeper.parked[i].name[0]) continue;
        memcpy(keeper.parked[i].name, name, strlen(name) + 1);
        keeper.parked[i].fd = fd;
        if (i >= keeper.high_parked) keeper.high_parked = i + 1;
        return 0;
    }
    errno = ENOSPC;
    return -1;
}

int park(const char *name, int fd) {
    struct parked *place = find_parked(name);
    if (place) unpark(place);
    if (keep_parked(name, fd) < 0) return -1;
    store_descriptor("p", name, fd);
    return 0;
}

void unpark(struct parked *place) {
    unstore_descriptor("p", place->name);
    close(place->fd);
    place->name[0] = 0;
    while (keeper.high_parked > 0 && !keeper.parked[keeper.high_parked - 1].name[0]) keeper.high_parked--;
}

// The pid behind a pidfd, or -1 once it is gone: proc(5), fdinfo.
static int pid_of(int pidfd) {
    char path[40], text[512];
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
    int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    if (length <= 0) return -1;
    text[length] = 0;
    const char *line = strstr(text, "\nPid:");
    return line ? atoi(line + 5) : -1;
}

static void adopt_container(const char *name, int pidfd) {
    struct container *container = NULL;
    for (int i = 0; i < MARTLET_KEEPER_CONTAINERS && !container; i++)
        if (!keeper.containers[i].name[0]) container = keeper.containers + i;
    if (!container || find_container(name)) { close(pidfd); return; }
    memset(container, 0, sizeof *container);
    memcpy(container->name, name, strlen(name) + 1);
    container->report = container->control = container->client = -1;
    container->pidfd = pidfd;
    container->pid = pid_of(pidfd);
    container->status = MARTLET_STATUS_UNKNOWN;
    container->adopted = 1;
    container->state = MARTLET_RUNNING;
    int index = (int)(container - keeper.containers);
    if (index >= keeper.high_container) keeper.high_container = index + 1;
    if (watch(pidfd, WATCH_PIDFD, index) < 0) complain("epoll_ctl", name);
}

// Takes what the descriptor store hands back: LISTEN_FDS and LISTEN_FDNAMES, sd_listen_fds(3). A parent
// that cannot know our pid leaves LISTEN_PID out. Returns the listening socket if one came, else -1.
int adopt_stored(void) {
    const char *count_text = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES"), *pid = getenv("LISTEN_PID");
    int listener = -1, count = count_text ? atoi(count_text) : 0;
    if (count <= 0 || !names || (pid && atoi(pid) != getpid())) return -1;
    for (int i = 0; i < count; i++) {
        int fd = 3 + i;
        size_t length = strcspn(names, ":");
        char name[MARTLET_KEEPER_NAME + 2] = {0};
        if (length < sizeof name) memcpy(name, names, length);
        names += length + (names[length] == ':');
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (strcmp(name, "keeper.sock") == 0 && listener < 0) listener = fd;
        else if (strncmp(name, "c-", 2) == 0) adopt_container(name + 2, fd);
        else if (strncmp(name, "p-", 2) == 0 && !find_parked(name + 2) && keep_parked(name + 2, fd) == 0) continue;
        else close(fd);
    }
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    unsetenv("LISTEN_PID");
    return listener;
}
