// SPDX-License-Identifier: Apache-2.0
// Who the process is and what it may do.
#include "machine.h"

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

int become(const struct martlet_launch_op *op) {
    // -1 would mean "as it is", and that is root.
    if (op->x >= UINT32_MAX || op->y >= UINT32_MAX) { errno = EINVAL; return -1; }
    // The raw calls: libc's would try to tell other threads, and there are none.
    if (syscall(SYS_setresgid, (gid_t)op->y, (gid_t)op->y, (gid_t)op->y) < 0) return -1;
    if (syscall(SYS_setgroups, op->text_length / sizeof(gid_t), text_of(op)) < 0) return -1;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_setresuid, (uid_t)op->x, (uid_t)op->x, (uid_t)op->x) < 0) return -1;
    if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0) return -1;
    // Leaving uid 0 clears the effective set; the operations that follow still need it.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) < 0) return -1;
    for (int half = 0; half < 2; half++) data[half].effective = data[half].permitted;
    // A change of user sets this to fs.suid_dumpable, which a host may have set to 1.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return -1;
    return (int)syscall(SYS_capset, &header, data);
}

int set_capabilities(const uint64_t set[5]) {
    // One call a capability: dropping an absent one is no error, and the first number that the kernel does not
    // know answers EINVAL.
    for (int capability = 0; capability < 64; capability++) {
        if (set[0] >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) break;
        return -1;
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int half = 0; half < 2; half++) {
        data[half].effective = (uint32_t)(set[1] >> (32 * half));
        data[half].permitted = (uint32_t)(set[2] >> (32 * half));
        data[half].inheritable = (uint32_t)(set[3] >> (32 * half));
    }
    if (syscall(SYS_capset, &header, data) < 0) return -1;
    for (int capability = 0; capability < 64; capability++)
        if (set[4] >> capability & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0) return -1;
    return 0;
}

int set_filter(const struct martlet_launch_op *op) {
    // A profile may be older than close_range(2): what was left open is marked while it can be.
    if (call_close_range(3 + (unsigned)machine.kept, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return -1;
    machine.filtered = 1;
    struct sock_fprog filter = {.len = (unsigned short)(op->text_length / sizeof(struct sock_filter)),
                                .filter = (struct sock_filter *)(uintptr_t)text_of(op)};
    int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)op->x, &filter);
    return op->x & SECCOMP_FILTER_FLAG_NEW_LISTENER ? put(op->b, listener) : listener;
}
