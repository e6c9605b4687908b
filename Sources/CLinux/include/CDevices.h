// SPDX-License-Identifier: Apache-2.0
#ifndef MARTLET_CDEVICES_H
#define MARTLET_CDEVICES_H

#include <stddef.h>
#include <stdint.h>

// The kernel checks a program in a time that grows with its length squared: 0.1 s for so many.
#define MARTLET_MAX_DEVICE_RULES 256

// Devices that are allowed or denied. type: 0 any, 1 block, 2 char; access: 1 mknod, 2 read, 4 write
// (BPF_DEVCG_*, linux/bpf.h).
struct martlet_device_rule {
    int32_t allow, type, access, any_major, any_minor;
    uint32_t major, minor;
};

/// Loads a BPF_PROG_TYPE_CGROUP_DEVICE program in which the last matching rule decides and all else is denied,
/// and attaches it to the cgroup v2 directory in the place of an earlier one of ours, in one step: nothing more
/// than either list allows is allowed meanwhile. 0, or -1 with errno.
int martlet_restrict_devices(int cgroup, const struct martlet_device_rule *rules, size_t count);

#endif
