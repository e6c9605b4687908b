// SPDX-License-Identifier: Apache-2.0
// The keeper runs from a sealed memfd, so that no container can write what its parent executes, and
// replaces itself by execve: same pid, same children, its tables in a memfd.
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define STATE_MAGIC 0x504b524dU // "MRKP"
#define STATE_VERSION 2
#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

struct saved {
    uint32_t magic, version;
    uint32_t container_size, parked_size; // of one record
    int32_t containers, parked;           // records that follow, in this order
    int32_t listener, lock;
    struct rlimit files;
};

extern char **environ;

void seal_self(char **arguments) {
    int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int seals = self < 0 ? -1 : fcntl(self, F_GET_SEALS);
    if (seals >= 0 && (seals & F_SEAL_WRITE)) { close(self); return; }
    int copy = self < 0 ? -1 : martlet_sealed_program(self, 3);
    if (copy >= 0) syscall(SYS_execveat, copy, "", arguments, environ, AT_EMPTY_PATH);
    complain("run from a sealed copy", "/proc/self/exe");
    exit(1);
}

static int put_bytes(int fd, const void *bytes, size_t length) {
    return write(fd, bytes, length) == (ssize_t)length ? 0 : -1;
}

static void keep_open(int fd, int keep) {
    if (fd >= 0) fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

static void keep_all_open(int keep) {
    keep_open(keeper.listener, keep);
    keep_open(keeper.lock, keep);
    for (int i = 0; i < keeper.high_container; i++)
        if (keeper.containers[i].name[0]) {
            keep_open(keeper.containers[i].pidfd, keep);
            keep_open(keeper.containers[i].control, keep);
        }
    for (int i = 0; i < keeper.high_parked; i++)
        if (keeper.parked[i].name[0]) keep_open(keeper.parked[i].fd, keep);
}

void reexec(int program) {
    // What is under way would lose who waits for it; a store that does not read, what it has not been told.
    int busy = keeper.stopping || store_waits();
    for (int i = 0; i < keeper.high_container; i++)
        if (keeper.containers[i].name[0])
            busy |= keeper.containers[i].state == MARTLET_PREPARING || keeper.containers[i].state == MARTLET_RELEASING;
    if (busy) { errno = EBUSY; return; }
    int source = program >= 0 ? program : open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int seals = source < 0 ? -1 : fcntl(source, F_GET_SEALS);
    int copy = seals >= 0 && (seals & F_SEAL_WRITE) ? source : martlet_sealed_program(source, 3);
    int state = copy < 0 ? -1 : memfd_create("martlet-keeper-state", MFD_ALLOW_SEALING), cause = errno;
    if (source >= 0 && source != program && source != copy) close(source);
    errno = cause;
    struct saved saved = {STATE_MAGIC, STATE_VERSION, sizeof(struct container), sizeof(struct parked),
                          keeper.high_container, keeper.high_parked, keeper.listener, keeper.lock, keeper.files};
    errno = copy < 0 || state < 0 ? errno : ENOSPC; // of a write that stopped short
    if (copy < 0 || state < 0 || put_bytes(state, &saved, sizeof saved) < 0 ||
        put_bytes(state, keeper.containers, sizeof(struct container) * (size_t)keeper.high_container) < 0 ||
        put_bytes(state, keeper.parked, sizeof(struct parked) * (size_t)keeper.high_parked) < 0 ||
        fcntl(state, F_ADD_SEALS, SEALS) < 0) {
        cause = errno;
        if (state >= 0) close(state);
        if (copy >= 0 && copy != program) close(copy);
        errno = cause;
        return;
    }
    char option[40];
    snprintf(option, sizeof option, "--state=%d", state);
    char *arguments[64];
    int count = 0;
    for (char **argument = keeper.arguments; *argument && count < 62; argument++)
        if (strncmp(*argument, "--state=", 8) != 0) arguments[count++] = *argument;
    arguments[count++] = option;
    arguments[count] = NULL;
    keep_all_open(1);
    syscall(SYS_execveat, copy, "", arguments, environ, AT_EMPTY_PATH);
    cause = errno;
    keep_all_open(0);
    close(state);
    if (copy != program) close(copy);
    errno = cause;
}

int resume_state(int fd) {
    struct saved saved;
    if (lseek(fd, 0, SEEK_SET) < 0) return -1; // it stands where the old program stopped writing
    if (read(fd, &saved, sizeof saved) != sizeof saved || saved.magic != STATE_MAGIC || saved.version != STATE_VERSION ||
        saved.container_size != sizeof(struct container) || saved.parked_size != sizeof(struct parked) ||
        saved.containers < 0 || saved.containers > MARTLET_KEEPER_CONTAINERS || saved.parked < 0 || saved.parked > MAX_PARKED)
        return -1;
    ssize_t containers = (ssize_t)(sizeof(struct container) * (size_t)saved.containers);
    ssize_t parked = (ssize_t)(sizeof(struct parked) * (size_t)saved.parked);
    if (read(fd, keeper.containers, (size_t)containers) != containers || read(fd, keeper.parked, (size_t)parked) != parked)
        return -1;
    close(fd);
    keeper.high_container = saved.containers;
    keeper.high_parked = saved.parked;
    keeper.listener = saved.listener;
    keeper.lock = saved.lock;
    keeper.files = saved.files;
    keep_all_open(0);
    for (int i = 0; i < keeper.high_container; i++) {
        struct container *container = keeper.containers + i;
        if (!container->name[0]) continue;
        container->client = -1; // connections end with the old program; clients ask again
        container->deadline = 0;
        if (container->adopted && container->state != MARTLET_EXITED) watch(container->pidfd, WATCH_PIDFD, i);
    }
    return 0;
}
