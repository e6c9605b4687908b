// SPDX-License-Identifier: Apache-2.0
#ifndef MARTLET_CDEVICES_H
#define MARTLET_CDEVICES_H

#include <stddef.h>
#include <stdint.h>

// One allowed device; major or minor -1 means any. type: 1 block, 2 char; access: 1 mknod, 2 read, 4 write
// (BPF_DEVCG_*, linux/bpf.h).
struct martlet_device_rule {
    int32_t type, access, major, minor;
};

/// Loads a BPF_PROG_TYPE_CGROUP_DEVICE program that allows just these and attaches it to the cgroup v2
/// directory. 0, or -1 with errno.
int martlet_allow_devices(int cgroup, const struct martlet_device_rule *rules, size_t count);

#endif
