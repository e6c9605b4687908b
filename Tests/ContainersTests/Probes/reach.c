// SPDX-License-Identifier: Apache-2.0
// Loops over every process that it can see and tries to get at what a joining process still holds of the
// host: its program, root, working directory and descriptors, by procfs and by ptrace. A hit is anything
// that is not this container's own. Ends when the file /tmp/stop appears.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static dev_t root_device;
static ino_t root_inode;
static unsigned long denied, hits;

static void hit(const char *what, int pid, const char *more) {
    if (hits++ < 20) printf("hit %s of %d %s\n", what, pid, more);
}

// The executable of a process, followed; one that lies on another file system than our root is not ours.
static void try_exe(int pid) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    if (stat(path, &status) < 0) { denied += errno == EACCES; return; }
    if (status.st_dev == root_device) return;
    hit("exe", pid, path);
    int fd = open(path, O_WRONLY);
    if (fd >= 0) { hit("writable exe", pid, path); close(fd); }
}

static void try_place(int pid, const char *name) {
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    if (stat(path, &status) < 0) { denied += errno == EACCES; return; }
    if (status.st_dev != root_device || status.st_ino != root_inode) hit(name, pid, path);
}

static void try_descriptors(int pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *list = opendir(path);
    if (!list) { denied += errno == EACCES; return; }
    struct dirent *entry;
    while ((entry = readdir(list))) {
        char link[256] = {0};
        if (entry->d_name[0] == '.' || atoi(entry->d_name) <= 2) continue;
        if (readlinkat(dirfd(list), entry->d_name, link, sizeof link - 1) <= 0) continue;
        // What the process that ends us makes, as the program that it was to become.
        if (strcmp(link, "/tmp/stop")) hit("descriptor", pid, link);
    }
    closedir(list);
}

static void try_trace(int pid) {
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) { denied += errno == EPERM; return; }
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) == 0) waitpid(pid, NULL, __WALL);
    try_exe(pid); // stopped where it was: still the host's program, or already the container's
    ptrace(PTRACE_DETACH, pid, 0, 0);
}

int main(void) {
    struct stat status;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (stat("/", &status) < 0) return 1;
    root_device = status.st_dev;
    root_inode = status.st_ino;
    puts("ready");
    while (access("/tmp/stop", F_OK) < 0) {
        DIR *proc = opendir("/proc");
        struct dirent *entry;
        while (proc && (entry = readdir(proc))) {
            int pid = atoi(entry->d_name);
            if (pid <= 0 || pid == getpid()) continue;
            try_exe(pid);
            try_place(pid, "root");
            try_place(pid, "cwd");
            try_descriptors(pid);
            if (pid != 1) try_trace(pid);
        }
        if (proc) closedir(proc);
    }
    printf("denied %lu\nhits %lu\n", denied, hits);
    return 0;
}
