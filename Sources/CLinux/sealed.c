// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int martlet_sealed_program(int source, int lowest) {
    struct stat status;
    int made = memfd_create("martlet-keeper", MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x0010U /* MFD_EXEC, 6.3 */);
    if (made < 0 && errno == EINVAL) made = memfd_create("martlet-keeper", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0) return -1;
    int copy = fcntl(made, F_DUPFD_CLOEXEC, lowest), cause = errno;
    close(made);
    errno = cause;
    if (copy < 0) return -1;
    if (fstat(source, &status) < 0) status.st_size = -1;
    if (status.st_size <= 0) { close(copy); errno = ENOEXEC; return -1; }
    off_t offset = 0;
    ssize_t moved = 1;
    while (moved > 0 && offset < status.st_size)
        moved = sendfile(copy, source, &offset, (size_t)(status.st_size - offset));
    // A container that shares the host's ids owns this file too: it must not take the x bits away.
    if (moved > 0 && (fcntl(copy, F_ADD_SEALS, SEALS | 0x0020 /* F_SEAL_EXEC, 6.3 */) == 0 ||
                      fcntl(copy, F_ADD_SEALS, SEALS) == 0))
        return copy;
    cause = moved == 0 ? EIO : errno;
    close(copy);
    errno = cause;
    return -1;
}
