// SPDX-License-Identifier: Apache-2.0
// What the process has open: its standard streams, a terminal, descriptors that its caller gave it.
#include "machine.h"

#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

int take_stdio(const struct martlet_launch_op *op) {
    int wanted[3] = {slot(op->a), slot(op->b), slot(op->c)};
    for (int i = 0; i < 3; i++) // out of the way of 0, 1 and 2 first
        if ((wanted[i] = fcntl(wanted[i], F_DUPFD_CLOEXEC, 10)) < 0) return -1;
    for (int i = 0; i < 3; i++) {
        if (dup2(wanted[i], i) < 0) return -1;
        close(wanted[i]);
    }
    return 0;
}

// The terminal comes from the devpts itself, never from a name in /dev/pts (CVE-2025-52565).
int open_console(const struct martlet_launch_op *op) {
    int other = call_openat2(slot(op->a), text_of(op), O_RDWR | O_NOCTTY | O_NONBLOCK, 0,
                             RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (other < 0) return -1;
    struct stat status;
    struct statfs kind;
    if (fstat(other, &status) < 0 || fstatfs(other, &kind) < 0) return -1;
    if (kind.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(status.st_mode) || status.st_rdev != makedev(5, 2)) {
        errno = ENOTTY;
        return -1;
    }
    int locked = 0, terminal = -1;
    struct winsize size = {.ws_row = (unsigned short)(op->x >> 16), .ws_col = (unsigned short)op->x};
    if (fcntl(other, F_SETFL, 0) < 0 || ioctl(other, TIOCSPTLCK, &locked) < 0) return -1;
    terminal = ioctl(other, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0) return -1;
    if (op->x && ioctl(terminal, TIOCSWINSZ, &size) < 0) return -1;
    if (fchown(terminal, (uid_t)op->y, (gid_t)-1) < 0) return -1;
    static const char name[] = "/dev/ptmx"; // what engines expect beside the descriptor
    if (martlet_send_descriptors(slot(op->c), name, sizeof name - 1, &other, 1) < 0) return -1;
    close(other);
    return put(op->b, terminal);
}

int keep_descriptors(const struct martlet_launch_op *op) {
    const uint16_t *list = (const uint16_t *)text_of(op);
    int count = (int)(op->text_length / 2), end = 3 + count;
    // Everything of ours that lies where they go moves out of the way first.
    int *ours[] = {&machine.proc, &machine.control[1], &machine.failures};
    for (size_t i = 0; i < sizeof ours / sizeof *ours + MARTLET_SLOTS; i++) {
        int *place = i < sizeof ours / sizeof *ours ? ours[i] : &machine.slots[i - sizeof ours / sizeof *ours];
        if (*place < 3 || *place >= end) continue;
        if ((*place = fcntl(*place, F_DUPFD_CLOEXEC, end)) < 0) return -1;
    }
    for (int i = 0; i < count; i++)
        if (dup2(machine.slots[list[i]], 3 + i) < 0) return -1;
    machine.kept = count;
    return 0;
}
