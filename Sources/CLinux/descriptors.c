// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MARTLET_MAX_DESCRIPTORS 253 // SCM_MAX_FD, unix(7)

ssize_t martlet_send_descriptors(int socket, const void *bytes, size_t length, const int *fds, size_t count) {
    if (count > MARTLET_MAX_DESCRIPTORS) { errno = EINVAL; return -1; }
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = length};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * MARTLET_MAX_DESCRIPTORS)];
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (count > 0) {
        memset(control, 0, CMSG_SPACE(sizeof(int) * count));
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * count);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent;
}

ssize_t martlet_receive_descriptors(int socket, void *bytes, size_t length, int *fds, size_t *count, int flags) {
    size_t capacity = *count, received = 0;
    *count = 0;
    struct iovec vector = {.iov_base = bytes, .iov_len = length};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int) * MARTLET_MAX_DESCRIPTORS)];
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t result;
    do result = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    int cut = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t number = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < number; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            if (received < capacity && !cut) fds[received++] = fd;
            else { close(fd); cut = 1; }
        }
    }
    if (cut) {
        for (size_t i = 0; i < received; i++) close(fds[i]);
        errno = EMSGSIZE;
        return -1;
    }
    *count = received;
    return result;
}
