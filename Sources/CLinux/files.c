// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int martlet_syncfs(int fd) { return syncfs(fd); }
int martlet_flock(int fd, int operation) { return flock(fd, operation); }
int martlet_fsetxattr(int fd, const char *name, const void *value, size_t size) {
    return fsetxattr(fd, name, value, size, 0);
}
ssize_t martlet_fgetxattr(int fd, const char *name, void *value, size_t size) {
    return fgetxattr(fd, name, value, size);
}
unsigned martlet_major(dev_t device) { return major(device); }
unsigned martlet_minor(dev_t device) { return minor(device); }
