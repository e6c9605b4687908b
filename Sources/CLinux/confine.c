// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// What linux/landlock.h of Linux 6.1 does not name yet: rights and fields by the version that brought them.
enum {
    TRUNCATE = 1 << 14,   // 3
    IOCTL_DEV = 1 << 15,  // 5
    BIND_TCP = 1, CONNECT_TCP = 2,  // 4
};
struct ruleset {
    uint64_t fs, net;
};

int martlet_landlock_version(void) {
    return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static int add_and_restrict(int rules, int folder, uint64_t rights) {
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights, .parent_fd = folder};
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) < 0) return -1;
    return (int)syscall(SYS_landlock_restrict_self, rules, 0);
}

static int restrict_files(int folder, int version) {
    // All of version 2: EXECUTE, the lowest, to REFER, the highest.
    uint64_t handled = 2 * (uint64_t)LANDLOCK_ACCESS_FS_REFER - 1;
    if (version >= 3) handled |= TRUNCATE;
    if (version >= 5) handled |= IOCTL_DEV;
    struct ruleset set = {.fs = handled, .net = version >= 4 ? BIND_TCP | CONNECT_TCP : 0};
    // Fields that an older kernel does not know must be zero, and may be there.
    int rules = (int)syscall(SYS_landlock_create_ruleset, &set, sizeof set, 0);
    if (rules < 0) return -1;
    uint64_t refused = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_SOCK | IOCTL_DEV;
    int result = add_and_restrict(rules, folder, handled & ~refused);
    int cause = errno;
    close(rules);
    errno = cause;
    return result;
}

int martlet_confine(int folder, int version) {
    // A root and a umask of this thread alone, clone(2), CLONE_FS.
    if (unshare(CLONE_FS) < 0 || fchdir(folder) < 0 || chroot(".") < 0) return -1;
    umask(0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    return version >= 2 ? restrict_files(folder, version) : 0;
}
