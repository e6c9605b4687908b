// SPDX-License-Identifier: Apache-2.0
// Parked descriptors, and the descriptor store that outlives us: sd_notify(3) FDSTORE, spoken by systemd
// and by the foreground form alike.
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static void notify(const char *text, int fd) {
    const char *path = getenv("NOTIFY_SOCKET");
    if (!path || (path[0] != '/' && path[0] != '@')) return;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = 0;
    int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (out < 0 || connect(out, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0 ||
        call_send(out, text, strlen(text), &fd, fd >= 0 ? 1 : 0) < 0)
        complain("notify", path);
    if (out >= 0) close(out);
}

void store_descriptor(const char *kind, const char *name, int fd) {
    char text[64 + MARTLET_KEEPER_NAME];
    snprintf(text, sizeof text, "FDSTORE=1\nFDPOLL=0\nFDNAME=%s-%s", kind, name);
    notify(text, fd);
}

void unstore_descriptor(const char *kind, const char *name) {
    char text[64 + MARTLET_KEEPER_NAME];
    snprintf(text, sizeof text, "FDSTOREREMOVE=1\nFDNAME=%s-%s", kind, name);
    notify(text, -1);
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
    int fd = open(path, O_RDONLY | O_CLOEXEC);
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
