// SPDX-License-Identifier: Apache-2.0
// What a process finds itself to be, without opening anything: a directory listing of /proc/self/fd would
// show its own descriptor.
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    printf("fds");
    for (int fd = 0; fd < 65536; fd++)
        if (fcntl(fd, F_GETFD) >= 0) printf(" %d", fd);
    printf("\numask %o\n", (unsigned)umask(0));
    printf("no_new_privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    printf("leader %d\n", getsid(0) == getpid());
    printf("ids %u %u %u %u\n", getuid(), geteuid(), getgid(), getegid());
    return 0;
}
