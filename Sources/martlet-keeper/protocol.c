// SPDX-License-Identifier: Apache-2.0
#include "tables.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

int watch(int fd, enum watched kind, int index) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)kind << 32 | (unsigned)index};
    return epoll_ctl(keeper.epoll, EPOLL_CTL_ADD, fd, &event);
}

void unwatch(int fd) { epoll_ctl(keeper.epoll, EPOLL_CTL_DEL, fd, NULL); }

static void hang_up(struct client *client) {
    unwatch(client->fd);
    close(client->fd);
    client->fd = -1;
}

// Every entry of a full table fits in a client's buffer, so that a list never cuts it off; the kernel takes
// the memory only while it does not read, and doubles the number.
#define CLIENT_BUFFER (12 << 20)

// With no descriptor left a client would wait, and wake us, for ever.
static void turn_away(void) {
    if (keeper.spare >= 0) close(keeper.spare);
    int fd = accept4(keeper.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) close(fd);
    keeper.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    errno = EMFILE;
    complain("turn away", "client");
}

void accept_client(void) {
    int fd = accept4(keeper.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE) turn_away();
        return;
    }
    int size = CLIENT_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && (peer.uid == 0 || peer.uid == geteuid()))
        for (int i = 0; i < MAX_CLIENTS; i++) {
            if (keeper.clients[i].fd >= 0) continue;
            keeper.clients[i] = (struct client){.fd = fd, .generation = ++keeper.generation, .uid = peer.uid};
            if (watch(fd, WATCH_CLIENT, i) == 0) return;
            keeper.clients[i].fd = -1;
            break;
        }
    close(fd);
}

void answer(int index, uint32_t generation, const struct martlet_reply *reply, const int *fds, size_t count) {
    struct client *client = keeper.clients + index;
    if (client->fd < 0 || client->generation != generation) return;
    // A client that does not read is cut off: the keeper never waits for one.
    if (martlet_send_descriptors(client->fd, reply, sizeof *reply, fds, count) < 0) hang_up(client);
}

void announce_exit(const struct container *container) {
    struct martlet_reply event = {.kind = MARTLET_EXIT, .op = -1};
    fill_entry(&event, container);
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (keeper.clients[i].fd >= 0) answer(i, keeper.clients[i].generation, &event, NULL, 0);
}

// Ids and parked names are also names in the descriptor store: printable, no ':'.
static int valid_name(const char *name) {
    size_t length = strnlen(name, MARTLET_KEEPER_NAME);
    if (length == 0 || length == MARTLET_KEEPER_NAME) return 0;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_+-./@", c))) return 0;
    }
    return 1;
}

static void list(int index, const struct martlet_request *request) {
    uint32_t generation = keeper.clients[index].generation;
    struct martlet_reply reply = {.serial = request->serial, .kind = MARTLET_ENTRY, .op = -1};
    if (request->kind == MARTLET_LIST)
        for (int i = 0; i < keeper.high_container; i++) {
            if (!keeper.containers[i].name[0]) continue;
            fill_entry(&reply, keeper.containers + i);
            answer(index, generation, &reply, NULL, 0);
        }
    else
        for (int i = 0; i < keeper.high_parked; i++) {
            if (!keeper.parked[i].name[0]) continue;
            memcpy(reply.name, keeper.parked[i].name, sizeof reply.name);
            answer(index, generation, &reply, NULL, 0);
        }
}

static void serve(int index, const struct martlet_request *request, int *fds, size_t count) {
    struct martlet_reply reply = {.serial = request->serial, .kind = MARTLET_ANSWER, .op = -1};
    memcpy(reply.name, request->name, sizeof reply.name);
    const int *out = NULL;
    size_t out_count = 0;
    int named = request->kind != MARTLET_HELLO && request->kind != MARTLET_LIST && request->kind != MARTLET_PARKED &&
                request->kind != MARTLET_REEXEC && request->kind != MARTLET_STORE && request->kind != MARTLET_QUIT;
    struct container *container;
    struct parked *place;
    if (named && !valid_name(request->name)) {
        reply.error = EINVAL;
    } else switch (request->kind) {
        case MARTLET_HELLO: reply.value = MARTLET_KEEPER_VERSION; reply.pid = getpid(); break;
        case MARTLET_PREPARE: prepare(index, request, fds, count); return;
        case MARTLET_RELEASE: release(index, request); return;
        case MARTLET_ABORT: abort_container(index, request); return;
        case MARTLET_LIST:
        case MARTLET_PARKED: list(index, request); break;
        case MARTLET_ACK:
            container = find_container(request->name);
            if (!container) reply.error = ESRCH;
            else if (container->state != MARTLET_EXITED) reply.error = EBUSY;
            answer(index, keeper.clients[index].generation, &reply, NULL, 0);
            if (reply.error == 0) forget(container);
            return;
        case MARTLET_PARK:
            if (count != 1) { reply.error = EBADMSG; break; }
            if (park(request->name, fds[0]) < 0) reply.error = errno;
            else fds[0] = -1; // kept
            break;
        case MARTLET_TAKE:
            place = find_parked(request->name);
            if (!place) { reply.error = ENOENT; break; }
            out = &place->fd;
            out_count = 1;
            break;
        case MARTLET_UNPARK:
            place = find_parked(request->name);
            if (place) unpark(place);
            else reply.error = ENOENT;
            break;
        case MARTLET_STORE: store_everything(); break;
        case MARTLET_QUIT:
            if (live_containers() > 0) reply.error = EBUSY;
            else keeper.stopping = 2;
            break;
        case MARTLET_REEXEC:
            reexec(count > 0 ? fds[0] : -1);
            reply.error = errno; // still here
            break;
        default: reply.error = ENOSYS;
        }
    answer(index, keeper.clients[index].generation, &reply, out, out_count);
}

void serve_client(int index) {
    struct client *client = keeper.clients + index;
    if (client->fd < 0) return;
    struct martlet_request request;
    int fds[MARTLET_MAX_INPUTS + 1];
    size_t count = MARTLET_MAX_INPUTS + 1;
    ssize_t length = martlet_receive_descriptors(client->fd, &request, sizeof request, fds, &count, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) return;
    if (length != (ssize_t)sizeof request) { // end of file, or not our protocol
        for (size_t i = 0; i < count; i++) close(fds[i]);
        hang_up(client);
        return;
    }
    serve(index, &request, fds, count);
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0) close(fds[i]);
}
