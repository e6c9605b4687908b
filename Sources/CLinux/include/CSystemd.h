// SPDX-License-Identifier: Apache-2.0
// Transient units of systemd, by its own library, which is loaded when the first call needs it and never before.
#ifndef MARTLET_CSYSTEMD_H
#define MARTLET_CSYSTEMD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// A property of a unit; `type` says what it is made of: 's' text, 'b' and 't' number (boolean, 64 bits), 'y' bytes,
/// 'u' an array of 32-bit numbers in bytes.
struct martlet_unit_property {
    const char *name;
    char type;
    const char *text;
    uint64_t number;
    const void *bytes;
    size_t length;
};

// Each returns 0, or a negative errno value with what systemd said in `error`. `start` and `stop` wait until it is
// done; a unit of that name that has failed before is taken over by `start`, and one that is no more is fine for `stop`.
int martlet_systemd_start(const char *unit, const struct martlet_unit_property *properties, size_t count, char *error, size_t size);
int martlet_systemd_set(const char *unit, const struct martlet_unit_property *properties, size_t count, char *error, size_t size);
int martlet_systemd_stop(const char *unit, char *error, size_t size);

/// Tells systemd-machined of a container whose first process is `leader`, in the scope that this is in.
int martlet_systemd_register(const char *name, const uint8_t id[16], pid_t leader, char *error, size_t size);

/// A process that does nothing until it is killed or its parent thread ends, with no descriptor open: the first in a
/// scope, which systemd makes for processes alone. Its pid, or -1 with errno.
pid_t martlet_start_holder(void);

#endif
