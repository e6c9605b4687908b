// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

int martlet_syncfs(int fd) { return syncfs(fd); }
int martlet_begin_sync(int fd, long long offset, long long count) {
    return sync_file_range(fd, offset, count, SYNC_FILE_RANGE_WRITE);
}
int martlet_write_out(int fd) {
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
}
int martlet_flock(int fd, int operation) { return flock(fd, operation); }
int martlet_fsetxattr(int fd, const char *name, const void *value, size_t size) {
    return fsetxattr(fd, name, value, size, 0);
}
ssize_t martlet_fgetxattr(int fd, const char *name, void *value, size_t size) {
    return fgetxattr(fd, name, value, size);
}
ssize_t martlet_flistxattr(int fd, char *list, size_t size) { return flistxattr(fd, list, size); }
int martlet_setxattr(const char *path, const char *name, const void *value, size_t size) {
    return setxattr(path, name, value, size, 0);
}
ssize_t martlet_getxattr(const char *path, const char *name, void *value, size_t size) {
    return getxattr(path, name, value, size);
}
ssize_t martlet_listxattr(const char *path, char *list, size_t size) { return listxattr(path, list, size); }
int martlet_share_content(int target, int source) { return ioctl(target, FICLONE, source); }
ssize_t martlet_copy_range(int source, int target, int64_t at, size_t size) {
    loff_t from = at, to = at;
    return copy_file_range(source, &from, target, &to, size, 0);
}
unsigned martlet_major(dev_t device) { return major(device); }
unsigned martlet_minor(dev_t device) { return minor(device); }
