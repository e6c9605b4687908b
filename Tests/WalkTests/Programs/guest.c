// SPDX-License-Identifier: Apache-2.0
// A program in a container that is handed what systemd hands its services: `guest tell LINE...`,
// `guest flood COUNT`, `guest serve WORD`.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    return 1;
}

static int send_told(const char *text, size_t length, const int *fds, size_t count) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof address.sun_path) { errno = EINVAL; return -1; }
    strcpy(address.sun_path, path);
    int out = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (out < 0) return -1;
    static char control[CMSG_SPACE(sizeof(int) * 253)];
    struct iovec vector = {(void *)text, length};
    struct msghdr message = {&address, sizeof address, &vector, 1, NULL, 0, 0};
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){CMSG_LEN(sizeof(int) * count), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
    }
    ssize_t sent = sendmsg(out, &message, MSG_NOSIGNAL);
    int cause = errno;
    close(out);
    errno = cause;
    return sent < 0 ? -1 : 0;
}

static int tell(char **lines) {
    char text[8192] = "";
    for (; *lines; lines++) {
        if (strlen(text) + strlen(*lines) + 2 > sizeof text) return 1;
        if (*text) strcat(text, "\n");
        strcat(text, *lines);
    }
    return send_told(text, strlen(text), NULL, 0) < 0 ? fail("tell") : 0;
}

// Messages of every bad kind, each with as many descriptors as one can have.
static int flood(int count) {
    int fds[253];
    for (int i = 0; i < 253; i++) fds[i] = STDERR_FILENO;
    static char big[60000], zeros[64];
    memset(big, 'A', sizeof big);
    for (int i = 0; i < count; i++) {
        const char *text = i % 4 == 0 ? big : i % 4 == 1 ? zeros : i % 4 == 2 ? "STATUS=\x1b[31m\xff\xfe\xe2\x80\xae" "red" : "FDSTORE=1\nMAINPID=1";
        size_t length = i % 4 == 0 ? sizeof big : i % 4 == 1 ? sizeof zeros : strlen(text);
        if (send_told(text, length, fds, 253) < 0 && errno != ETOOMANYREFS && errno != ENOBUFS) return fail("flood");
    }
    return 0;
}

static int count_of(const char *name) { return getenv(name) ? atoi(getenv(name)) : 0; }

// Answers each connection or datagram with its word, the name of the socket and how many files were open at the start.
static int serve(const char *word) {
    int count = count_of("LISTEN_FDS"), open = 0;
    if (count_of("LISTEN_PID") != getpid()) {
        fprintf(stderr, "LISTEN_PID is %d, not %d\n", count_of("LISTEN_PID"), getpid());
        return 1;
    }
    for (int fd = 0; fd < 1024; fd++) open += fcntl(fd, F_GETFD) >= 0;
    char *names = strdup(getenv("LISTEN_FDNAMES")), *name[64];
    struct pollfd sockets[64];
    for (int i = 0; i < count; i++) {
        name[i] = strsep(&names, ":");
        fcntl(3 + i, F_SETFL, O_NONBLOCK); // others may be faster
        sockets[i] = (struct pollfd){.fd = 3 + i, .events = POLLIN};
    }
    if (getenv("NOTIFY_SOCKET")) send_told("READY=1", 7, NULL, 0);
    for (;;) {
        if (poll(sockets, (nfds_t)count, -1) < 0) return fail("poll");
        for (int i = 0; i < count; i++) {
            if (!sockets[i].revents) continue;
            char answer[256];
            int length = snprintf(answer, sizeof answer, "%s %s %d\n", word, name[i], open);
            int kind = 0;
            socklen_t size = sizeof kind;
            getsockopt(3 + i, SOL_SOCKET, SO_TYPE, &kind, &size);
            if (kind == SOCK_STREAM) {
                int client = accept(3 + i, NULL, NULL);
                if (client < 0) continue;
                if (write(client, answer, (size_t)length) < 0) fail("write");
                close(client);
            } else {
                struct sockaddr_storage peer;
                size = sizeof peer;
                char byte;
                if (recvfrom(3 + i, &byte, 1, MSG_DONTWAIT, (struct sockaddr *)&peer, &size) >= 0)
                    sendto(3 + i, answer, (size_t)length, 0, (struct sockaddr *)&peer, size);
            }
        }
    }
}

int main(int count, char **arguments) {
    if (count >= 3 && strcmp(arguments[1], "tell") == 0) return tell(arguments + 2);
    if (count == 3 && strcmp(arguments[1], "flood") == 0) return flood(atoi(arguments[2]));
    if (count == 3 && strcmp(arguments[1], "serve") == 0) return serve(arguments[2]);
    fprintf(stderr, "guest: tell LINE... | flood COUNT | serve WORD\n");
    return 2;
}
