// SPDX-License-Identifier: Apache-2.0
// The state of the one program that a stage and its child execute.
#ifndef MARTLET_MACHINE_H
#define MARTLET_MACHINE_H

#include "calls.h"
#include "launch.h"

struct machine {
    const char *program;
    const struct martlet_launch_op *ops;
    uint32_t op_count;
    struct martlet_progress *progress; // shared with the caller
    int slots[MARTLET_SLOTS];
    int proc;       // the host's procfs
    int control[2]; // [0] the keeper's end, [1] the child's
    int empty;      // the mount that hides directories, once there is one
    int failures;   // after MARTLET_OP_WAIT: where a failure is told
    int kept;       // descriptors that stay open beside the standard ones
    int filtered;   // a filter of system calls is in place, which may know few of them
    int pidfd;
    pid_t child;
    int exports[MARTLET_MAX_EXPORTS];
    size_t export_count;
    char executable[4096]; // what MARTLET_OP_LOOKUP found
    const char *arguments[MARTLET_LAUNCH_MAX_STRINGS + 2]; // one NULL after each list
};

/// One program a process.
extern struct machine machine;

static inline const char *text_of(const struct martlet_launch_op *op) { return machine.program + op->text; }
static inline const char *more_of(const struct martlet_launch_op *op) { return machine.program + op->more; }
static inline int slot(int16_t number) { return number < 0 ? -1 : machine.slots[number]; }
static inline int put(int16_t number, int fd) {
    if (fd < 0) return -1;
    machine.slots[number] = fd;
    return 0;
}

#ifdef MARTLET_FAULTS
// Tests alone: what goes wrong at an operation, at the report (op_count) or before the release (op_count + 1). True
// with errno, or it does not return.
void martlet_faults_arm(void);
int martlet_fault(uint32_t index);
#else
#define martlet_faults_arm() ((void)0)
#define martlet_fault(index) 0
#endif

// operations.c: what either side may do.
int write_all(int fd, const char *bytes, size_t length);
int write_file(int fd, const char *bytes, size_t length);
int run_common(const struct martlet_launch_op *op);

// target.c: the mount point at `path` below `root`, made if it is absent.
int mount_target(int root, const char *path, int file, uint64_t resolve);

// masks.c: what the container sees of the kernel's files, and of its image below a tmpfs.
int mask_path(const struct martlet_launch_op *op);
int make_read_only(const struct martlet_launch_op *op);
int copy_up(int from, int to);

// rights.c: who the process is and what it may do.
int become(const struct martlet_launch_op *op);
int set_capabilities(const uint64_t set[5]);
int set_filter(const struct martlet_launch_op *op);

// streams.c: what the process has open.
int take_stdio(const struct martlet_launch_op *op);
int open_console(const struct martlet_launch_op *op);
int keep_descriptors(const struct martlet_launch_op *op);

// execute.c: other programs, and the one that takes our place.
void default_signals(void);
int find_executable(const struct martlet_launch_op *op, const char *name);
int execute(const struct martlet_launch_op *op);
int run_hook(const struct martlet_launch_op *op);

// child.c: the rest of the program from operation `first` on, in the container.
_Noreturn void child_main(uint32_t first);

#endif
