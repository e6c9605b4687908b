// SPDX-License-Identifier: Apache-2.0
// The floor: the least that any runtime must ask of the kernel for one container with its own user, pid,
// mount, net, ipc, uts and cgroup namespaces, cgroups of its own, an overlay root and the usual file systems.
// No checks of anything hostile, no seccomp, no capabilities, no masks, no supervision; kernel 6.15 or newer.
//
//   floor idmap|plain FIRST_ID NAME LAYERS V2|- V1...
//
// LAYERS are colon-separated, highest first. Every line on standard input is a scratch folder that holds
// `up` and `work`; it is answered by nanoseconds until exec, until all is removed, and of processor time.
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *name, *layers, *unified, **legacy;
static int legacy_count, idmap;
static unsigned first_id;

static int must(int result, const char *what) {
    if (result < 0) { fprintf(stderr, "floor: %s: %s\n", what, strerror(errno)); _exit(1); }
    return result;
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int64_t processor_time(void) {
    int64_t sum = 0;
    for (int who = RUSAGE_CHILDREN /* -1 */; who <= RUSAGE_SELF; who++) {
        struct rusage usage;
        getrusage(who, &usage);
        sum += (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
    }
    return sum;
}

static int set(int context, unsigned command, const char *key, const void *value, int fd) {
    return must((int)syscall(SYS_fsconfig, context, command, key, value, fd), key ? key : "fsconfig");
}

static int make(int context, unsigned attributes) {
    set(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    int mount = must((int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes), "fsmount");
    close(context);
    return mount;
}

// /dev cannot be made in a user namespace: mknod(2).
static int make_devices(void) {
    char owner[16];
    snprintf(owner, sizeof owner, "%u", first_id);
    int context = must((int)syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC), "tmpfs");
    set(context, FSCONFIG_SET_STRING, "mode", "0755", 0);
    set(context, FSCONFIG_SET_STRING, "uid", owner, 0);
    int dev = make(context, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
    static const struct { const char *name; unsigned major, minor; } nodes[] = {
        {"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    for (int i = 0; i < 6; i++)
        must(mknodat(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), "mknod");
    static const char *folders[] = {"pts", "shm", "mqueue"};
    for (int i = 0; i < 3; i++) must(mkdirat(dev, folders[i], 0755), folders[i]);
    return dev;
}

static int open_tree_of(const char *path, int users, uint64_t attributes) {
    int tree = must((int)syscall(SYS_open_tree, AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), path);
    struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
    if (users >= 0) { attr.attr_set |= MOUNT_ATTR_IDMAP; attr.userns_fd = (unsigned)users; }
    must((int)syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr), "mount_setattr");
    return tree;
}

static int make_root(const char *scratch, int users) {
    int context = must((int)syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), "overlay");
    int opened[128], count = 0;
    for (const char *at = layers; *at && count < 120;) {
        char path[4096];
        size_t length = strcspn(at, ":");
        snprintf(path, sizeof path, "%.*s", (int)length, at);
        opened[count] = open_tree_of(path, users, MOUNT_ATTR_RDONLY);
        set(context, FSCONFIG_SET_FD, "lowerdir+", NULL, opened[count++]);
        at += length + (at[length] == ':');
    }
    int tree = opened[count++] = open_tree_of(scratch, -1, 0);
    must(fchownat(tree, "up", first_id, first_id, 0), "chown");
    static const char *const keys[2] = {"upperdir", "workdir"}, *const paths[2] = {"up", "work"};
    for (int i = 0; i < 2; i++) {
        opened[count] = must(openat(tree, paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC), paths[i]);
        set(context, FSCONFIG_SET_FD, keys[i], NULL, opened[count++]);
    }
    set(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0);
    int root = make(context, 0);
    while (count > 0) close(opened[--count]);
    return root;
}

static void write_file(const char *path, const char *text) {
    int fd = must(open(path, O_WRONLY | O_CLOEXEC), path);
    must((int)write(fd, text, strlen(text)), path);
    close(fd);
}

enum each { MAKE, JOIN, REMOVE };

// The group in every hierarchy. A thread that joins a version 1 group itself does not wait for a grace period.
static void each_group(enum each what) {
    char path[4096];
    for (int i = -1; i < legacy_count; i++) {
        const char *folder = i < 0 ? unified : legacy[i];
        if (folder[0] == '-' || (what == JOIN && i < 0)) continue; // clone3 has put it there
        snprintf(path, sizeof path, "%s/%s%s", folder, name, what == JOIN ? "/tasks" : "");
        if (what == JOIN) write_file(path, "0");
        else if (what == MAKE) must(mkdir(path, 0755), path);
        else while (rmdir(path) < 0) { if (errno != EBUSY) must(-1, path); usleep(100); }
    }
}

static _Noreturn void become(int socket, int dev) {
    char byte;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    each_group(JOIN);
    must((int)recvmsg(socket, &message, MSG_CMSG_CLOEXEC), "recvmsg");
    int root;
    memcpy(&root, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof root);
    must(setresgid(0, 0, 0), "setresgid");
    must(setresuid(0, 0, 0), "setresuid");
    must(unshare(CLONE_NEWCGROUP), "unshare");
    must((int)syscall(SYS_move_mount, root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH), "move root");
    must(fchdir(root), "fchdir");
    must((int)syscall(SYS_move_mount, dev, "", AT_FDCWD, "dev", MOVE_MOUNT_F_EMPTY_PATH), "move dev");
    unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    must(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666"), "devpts");
    must(mount("tmpfs", "dev/shm", "tmpfs", quiet, "mode=1777,size=64m"), "shm");
    must(mount("mqueue", "dev/mqueue", "mqueue", quiet, NULL), "mqueue");
    must(mount("proc", "proc", "proc", quiet, NULL), "proc");
    must(mount("sysfs", "sys", "sysfs", quiet | MS_RDONLY, NULL), "sysfs");
    must((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
    must(umount2(".", MNT_DETACH), "umount");
    must(chdir("/"), "chdir");
    char *const arguments[] = {"/bin/true", NULL}, *const environment[] = {NULL};
    must(execve(arguments[0], arguments, environment), "exec");
    _exit(1);
}

static void send_root(int socket, int root) {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec vector = {"R", 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &root, sizeof root);
    must((int)sendmsg(socket, &message, MSG_NOSIGNAL), "sendmsg");
}

static void run_one(const char *scratch) {
    int64_t start = now(), before = processor_time();
    char path[4096], map[64];
    int sockets[2];
    each_group(MAKE);
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), "socketpair");
    int dev = make_devices();
    struct clone_args arguments = {
        .flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS,
        .exit_signal = SIGCHLD};
    int group = -1;
    if (unified[0] != '-') {
        snprintf(path, sizeof path, "%s/%s", unified, name);
        group = must(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), path);
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (unsigned)group;
    }
    pid_t pid = must((int)syscall(SYS_clone3, &arguments, sizeof arguments), "clone3");
    if (pid == 0) { close(sockets[0]); become(sockets[1], dev); }
    close(sockets[1]);
    close(dev);
    if (group >= 0) close(group);
    snprintf(map, sizeof map, "0 %u 65536\n", first_id);
    snprintf(path, sizeof path, "/proc/%d/gid_map", pid);
    write_file(path, map);
    snprintf(path, sizeof path, "/proc/%d/uid_map", pid);
    write_file(path, map);
    snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
    int users = idmap ? must(open(path, O_RDONLY | O_CLOEXEC), path) : -1;
    int root = make_root(scratch, users);
    send_root(sockets[0], root);
    close(root);
    if (users >= 0) close(users);
    char byte;
    must((int)read(sockets[0], &byte, 1), "exec"); // end of file: the child's end is close-on-exec
    int64_t executed = now();
    close(sockets[0]);
    int status;
    must(waitpid(pid, &status, 0), "wait");
    if (status != 0) { fprintf(stderr, "floor: the child ended with %d\n", status); _exit(1); }
    each_group(REMOVE);
    int64_t end = now();
    printf("%lld %lld %lld\n", (long long)(executed - start), (long long)(end - start), (long long)(processor_time() - before));
    fflush(stdout);
}

int main(int count, char **arguments) {
    if (count < 6) { fprintf(stderr, "usage: floor idmap|plain FIRST_ID NAME LAYERS V2|- V1...\n"); return 2; }
    idmap = strcmp(arguments[1], "idmap") == 0;
    first_id = (unsigned)strtoul(arguments[2], NULL, 10);
    name = arguments[3];
    layers = arguments[4];
    unified = arguments[5];
    legacy = (const char **)arguments + 6;
    legacy_count = count - 6;
    umask(0);
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        run_one(line);
    }
    return 0;
}
