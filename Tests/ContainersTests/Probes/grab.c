// SPDX-License-Identifier: Apache-2.0
// Waits for a process whose program is not on our own root, opens that program, and once the process has
// ended tries to change it in every way. Ends when the file /tmp/stop appears.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void change(int fd, int pid) {
    char path[64];
    while (snprintf(path, sizeof path, "/proc/%d/exe", pid), access(path, F_OK) == 0) usleep(1000);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int writable = open(path, O_RDWR);
    if (writable >= 0 && write(writable, "x", 1) == 1) puts("changed by write");
    if (writable >= 0 && ftruncate(writable, 0) == 0) puts("changed by truncate");
    if (writable >= 0 && fallocate(writable, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0) puts("changed by hole");
    if (writable >= 0 && mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, writable, 0) != MAP_FAILED) puts("changed by mmap");
    if (fchmod(fd, 0) == 0) puts("changed by chmod");
}

int main(void) {
    struct stat root, status;
    int grabbed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (stat("/", &root) < 0) return 1;
    puts("ready");
    while (access("/tmp/stop", F_OK) < 0) {
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        while (proc && (entry = readdir(proc))) {
            char path[64];
            int pid = atoi(entry->d_name);
            snprintf(path, sizeof path, "/proc/%d/exe", pid);
            int fd = pid > 1 ? open(path, O_RDONLY) : -1;
            if (fd < 0) continue;
            if (fstat(fd, &status) == 0 && status.st_dev != root.st_dev) { grabbed++; change(fd, pid); }
            close(fd);
        }
        if (proc) closedir(proc);
    }
    printf("grabbed %d\n", grabbed);
    return 0;
}
