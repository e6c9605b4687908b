// SPDX-License-Identifier: Apache-2.0
// What this kernel can do, found out by doing it.
#include "calls.h"
#include "launch.h"

#include <sys/stat.h>

static int detached_tmpfs(void) {
    int context = call_fsopen("tmpfs"), mount = -1;
    if (context >= 0 && call_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0) mount = call_fsmount(context, 0);
    if (context >= 0) close(context);
    return mount;
}

static int has_noswap(void) {
    int context = call_fsopen("tmpfs");
    int can = context >= 0 && call_fsconfig(context, FSCONFIG_SET_FLAG, "noswap", NULL, 0) == 0;
    if (context >= 0) close(context);
    return can;
}

// Flags are looked at before all else.
static int has_beneath(void) {
    return syscall(SYS_move_mount, -1, "", -1, "", MOVE_MOUNT_F_EMPTY_PATH | BENEATH) < 0 &&
           errno != EINVAL;
}

int martlet_launch_probe(void) {
    int tmpfs = detached_tmpfs(), features = 0;
    if (tmpfs < 0) return -1;
    int lower[2] = {-1, -1};
    if (mkdirat(tmpfs, "a", 0700) == 0 && mkdirat(tmpfs, "b", 0700) == 0) {
        lower[0] = call_open_tree(tmpfs, "a", OPEN_TREE_CLONE);
        lower[1] = call_open_tree(tmpfs, "b", OPEN_TREE_CLONE);
    }
    if (lower[0] >= 0 && lower[1] >= 0) {
        features |= MARTLET_FEATURE_DETACHED_CLONE;
        int overlay = call_fsopen("overlay");
        if (overlay >= 0 && call_fsconfig(overlay, FSCONFIG_SET_FD, "lowerdir+", NULL, lower[0]) == 0 &&
            call_fsconfig(overlay, FSCONFIG_SET_FD, "lowerdir+", NULL, lower[1]) == 0 &&
            call_fsconfig(overlay, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
            features |= MARTLET_FEATURE_OVERLAY_FD;
        if (overlay >= 0) close(overlay);
    }
    for (int i = 0; i < 2; i++) if (lower[i] >= 0) close(lower[i]);
    close(tmpfs);
    if (has_noswap()) features |= MARTLET_FEATURE_NOSWAP;
    if (has_beneath()) features |= MARTLET_FEATURE_BENEATH;
    return features;
}
