// SPDX-License-Identifier: Apache-2.0
// What the tests' build of the keeper does wrong on purpose. A line in a file says what: `error INDEX ERRNO`, or
// `kill INDEX 0`. The file is `faults` in a keeper's runtime folder; for a stage of martlet-runtime it is named by
// the variable MARTLET_FAULTS of its caller.
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static uint32_t fault_index = UINT32_MAX;
static int fault_errno; // 0 kills
static int killer = -1;

// The value behind `key` in a list of NUL-terminated words.
static int look_up(const char *list, const char *key, char *value, size_t size) {
    FILE *file = fopen(list, "re");
    static char words[1 << 20];
    size_t length = file ? fread(words, 1, sizeof words - 1, file) : 0;
    if (file) fclose(file);
    words[length] = 0;
    for (const char *word = words; word < words + length; word += strlen(word) + 1)
        if (strncmp(word, key, strlen(key)) == 0) return snprintf(value, size, "%s", word + strlen(key)) > 0;
    return 0;
}

// Who is the first process of a pid namespace cannot kill itself: another does it, by the pid that the kernel tells.
static void start_killer(void) {
    int ends[2], on = 1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) abort();
    if (setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) abort();
    pid_t pid = fork();
    if (pid < 0) abort();
    if (pid > 0) {
        killer = fcntl(ends[1], F_DUPFD_CLOEXEC, 900); // beyond what a program keeps open
        if (killer < 0) abort();
        close(ends[0]), close(ends[1]);
        return;
    }
    int end = fcntl(ends[0], F_DUPFD, 900);
    call_close_range(0, (unsigned)end - 1, 0);
    call_close_range((unsigned)end + 1, ~0U, 0);
    char byte;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(end, &message, 0) == 1 && CMSG_FIRSTHDR(&message)) {
        struct ucred sender;
        memcpy(&sender, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof sender);
        kill(sender.pid, SIGKILL);
    }
    _exit(0);
}

void martlet_faults_arm(void) {
    char path[4096], name[4096 + 8], kind[8] = "";
    if (look_up("/proc/self/cmdline", "--runtime-dir=", path, sizeof path)) {
        snprintf(name, sizeof name, "%s/faults", path);
    } else {
        char environment[40];
        snprintf(environment, sizeof environment, "/proc/%d/environ", (int)getppid());
        if (!look_up(environment, "MARTLET_FAULTS=", name, sizeof name)) return;
    }
    FILE *plan = fopen(name, "re");
    if (!plan) return;
    if (fscanf(plan, "%7s %u %d", kind, &fault_index, &fault_errno) != 3) fault_index = UINT32_MAX;
    fclose(plan);
    if (fault_index != UINT32_MAX && strcmp(kind, "kill") == 0) start_killer();
}

int martlet_fault(uint32_t index) {
    if (index != fault_index) return 0;
    if (killer >= 0) {
        if (send(killer, "K", 1, MSG_NOSIGNAL) != 1) abort();
        for (;;) pause();
    }
    errno = fault_errno;
    return 1;
}
