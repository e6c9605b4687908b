// SPDX-License-Identifier: Apache-2.0
// Exchanges two names of a shared volume as fast as it can, until /tmp/stop or the volume's `stop` appears:
// a directory becomes a symbolic link to / and back while another container's mount point is looked up.
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 3) return 2;
    unsigned long flips = 0;
    puts("ready");
    fflush(stdout);
    while (flips % 1024 || access("/v/stop", F_OK) < 0) {
        if (syscall(SYS_renameat2, AT_FDCWD, arguments[1], AT_FDCWD, arguments[2], 2 /* RENAME_EXCHANGE */) < 0) return 3;
        flips++;
    }
    printf("flips %lu\n", flips);
    return 0;
}
