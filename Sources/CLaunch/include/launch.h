// SPDX-License-Identifier: Apache-2.0
// The launch program: a flat, position-independent list of operations that turns a clone into a container.
// Swift compiles it, `martlet_launch_validate` checks it, `martlet_launch_stage` executes it. Nothing here
// allocates, so that all of it may run between clone and exec.
#ifndef MARTLET_LAUNCH_H
#define MARTLET_LAUNCH_H

#include <stddef.h>
#include <stdint.h>

#define MARTLET_LAUNCH_MAGIC 0x4c54524dU // "MRTL", little-endian
#define MARTLET_LAUNCH_VERSION 5
#define MARTLET_LAUNCH_MAX_SIZE (4U << 20)
#define MARTLET_LAUNCH_MAX_OPS 8192
#define MARTLET_LAUNCH_MAX_STRINGS 16384 // arguments and environment together
#define MARTLET_SLOTS 1024               // descriptor registers; the first `inputs` are filled by the caller
#define MARTLET_MAX_INPUTS 200           // below SCM_MAX_FD (253) with room for our own
#define MARTLET_MAX_EXPORTS 8
#define MARTLET_NO_SLOT (-1)

struct martlet_launch_header {
    uint32_t magic;
    uint16_t version;
    uint16_t inputs;
    uint32_t size;     // bytes of the whole program
    uint32_t op_count; // operations follow this header
};

// Which process executes an operation.
enum martlet_side {
    MARTLET_HOST = 0,      // the stage: initial user namespace, private mount namespace
    MARTLET_CONTAINER = 1, // the child, in its own namespaces
};

// Arguments: a, b, c are slots; text and more are (offset, length) into the program; x and y are numbers.
// A string argument is NUL-terminated inside its length.
enum martlet_opcode {
    // Either side.
    MARTLET_OP_ROOT = 1,  // b = the root directory of this process
    MARTLET_OP_TREE,      // b = open_tree(a, text, x)
    MARTLET_OP_SETATTR,   // mount_setattr(a, recursive: c, set: x, clear: y >> 32, propagation: y, userns: b)
    MARTLET_OP_FSOPEN,    // b = fsopen(text)
    MARTLET_OP_FSSTRING,  // fsconfig(a, text = more)
    MARTLET_OP_FSFLAG,    // fsconfig(a, text)
    MARTLET_OP_FSFD,      // fsconfig(a, text = descriptor b)
    MARTLET_OP_FSMOUNT,   // b = fsmount(a, attributes x), after creating the superblock
    MARTLET_OP_OPEN,      // b = openat2(a, text, flags x, resolve y)
    MARTLET_OP_TARGET,    // b = mount point at text below a, made if absent; x: 1 file, 0 directory; y: resolve
    MARTLET_OP_MKDIR,     // mkdirat(a, text, x)
    MARTLET_OP_MKNOD,     // mknodat(a, text, x, y)
    MARTLET_OP_SYMLINK,   // symlinkat(text, a, more)
    MARTLET_OP_FILE,      // new file text below a, mode x, holding more
    MARTLET_OP_OWNER,     // fchownat(a, text, x, y), never following a link
    MARTLET_OP_WRITE,     // write more to the existing file text below a
    MARTLET_OP_MOVE,      // move_mount(a, b)
    MARTLET_OP_FCHDIR,    // fchdir(a)

    // The stage alone.
    MARTLET_OP_ENTER,     // setns(a, x) before the clone; x: one CLONE_NEW*, not NEWNS
    MARTLET_OP_TIME,      // a time namespace for the child, with the offsets text, time_namespaces(7)
    MARTLET_OP_CLONE,     // the child: namespaces x, cgroup v2 directory a, uid map text, gid map more
    MARTLET_OP_NAMESPACE, // b = the child's namespace named text
    MARTLET_OP_CGROUP,    // after the clone: the child joins the version 1 group of the `tasks` file a
    MARTLET_OP_PROC,      // write more to the child's /proc file text
    MARTLET_OP_EXPORT,    // give the caller the slots listed in text
    MARTLET_OP_HANDOVER,  // at the end: give the child the slots listed in text (uint16 each)

    // The child alone. It begins when its ids are mapped, and works beside the stage until it has to wait for it.
    MARTLET_OP_RECEIVE,   // waits for what the stage hands over
    MARTLET_OP_GATE,      // waits until the caller releases it
    MARTLET_OP_MASK,      // hides text below a: a directory by an empty tmpfs, else by `null` below b; y: resolve
    MARTLET_OP_READONLY,  // a read-only view of text below a upon itself; y: resolve
    MARTLET_OP_COPYUP,    // copies what is in directory a to directory b
    MARTLET_OP_BECOME,    // setresgid(y), setgroups(text: uint32 each), setresuid(x); capabilities kept
    MARTLET_OP_UNSHARE,   // unshare(x)
    MARTLET_OP_JOIN,      // setns(a, x)
    MARTLET_OP_PIVOT,     // a becomes the root, the old root goes; x: 1 chroot(2) instead, for an initramfs
    MARTLET_OP_HOSTNAME,  // sethostname(text)
    MARTLET_OP_DOMAIN,    // setdomainname(text)
    MARTLET_OP_RLIMIT,    // prlimit(x, soft and hard in text: uint64 each)
    MARTLET_OP_CAPS,      // text: bounding, effective, permitted, inheritable, ambient, uint64 each
    MARTLET_OP_NO_NEW_PRIVS,
    MARTLET_OP_SECCOMP,   // text: struct sock_filter each; x: SECCOMP_FILTER_FLAG_*; b = the listener, if asked for
    MARTLET_OP_KEYRING,   // a session keyring of its own
    MARTLET_OP_UMASK,     // umask(x)
    MARTLET_OP_CHDIR,     // chdir(text), which must lie inside the root
    MARTLET_OP_SETSID,
    MARTLET_OP_TERMINAL,  // terminal a becomes the controlling one
    MARTLET_OP_STDIO,     // a, b, c become 0, 1, 2
    MARTLET_OP_CONSOLE,   // b = a new terminal of the devpts text below a, x: rows << 16 | columns, owner y; its
                          // other end goes to the socket c
    MARTLET_OP_KEEP,      // the slots listed in text become 3, 4, ... and stay open
    MARTLET_OP_SCHEDULER, // sched_setattr(text)
    MARTLET_OP_IOPRIO,    // ioprio_set(x)
    MARTLET_OP_PERSONALITY, // personality(x)
    MARTLET_OP_AFFINITY,  // sched_setaffinity(text)
    MARTLET_OP_LABEL,     // write more to the file text of this process below the procfs a
    MARTLET_OP_SYNC,      // tells the caller, with descriptor a if given; goes on when told, with the slots in text
    MARTLET_OP_HOOK,      // run text (x: path, arguments) with more (y variables), input a, at most `time` ms
    MARTLET_OP_LOOKUP,    // finds the program that the last operation executes
    MARTLET_OP_WAIT,      // made: goes on when a byte comes from a; a failure after it is told to b
    MARTLET_OP_INIT,      // this process stays as an init that forwards signals and reaps; its child goes on
    MARTLET_OP_EXEC,      // text: x arguments, more: y variables, each NUL-terminated
    MARTLET_OP_LIMIT
};

struct martlet_launch_op {
    uint16_t code;
    uint16_t side;
    int16_t a, b, c;
    uint16_t reserved;
    uint32_t text, text_length;
    uint32_t more, more_length;
    uint32_t time; // ms, of a hook; 0 waits as long as it takes
    uint64_t x, y;
};

/// The operation's name, for messages; never NULL.
const char *martlet_launch_op_name(uint16_t code);

/// Returns -1 if the program may run, else the number of the first bad operation, or -2 for a bad header.
/// After this every offset, string, slot and side has been checked.
int martlet_launch_validate(const void *program, size_t size);

/// What a stage tells its keeper; sent with the descriptors control, pidfd, exports...
struct martlet_stage_report {
    int32_t op;    // the failed operation, or -1
    int32_t error; // its errno, or 0
    int32_t pid;   // the child
};

/// Which operation of each is under way, its number and one more, in memory that the caller, the stage and the child
/// share: it names the operation when one of them is killed. 0: none yet. The bits say that the operation is
/// MARTLET_OP_EXEC or MARTLET_OP_WAIT: who ends there has done what it was made for.
struct martlet_progress {
    volatile uint32_t stage, child;
};
#define MARTLET_AT_EXEC 0x80000000U
#define MARTLET_AT_WAIT 0x40000000U
#define MARTLET_AT_NUMBER 0x3fffffffU

/// What a child says when it cannot become the container; silence and end of file mean that exec happened, or
/// that MARTLET_OP_WAIT was reached. Error 0 is MARTLET_OP_SYNC: the child waits for an answer.
struct martlet_child_failure {
    int32_t op;
    int32_t error; // errno, or MARTLET_HOOK_ENDED + wait status
};
#define MARTLET_HOOK_ENDED 0x10000

/// The stage. Runs the host side of a validated program, sends one report on `report` and never returns.
/// `inputs` are the caller's descriptors; every other descriptor of the process is closed. `progress` lies in memory
/// that is shared with the caller.
_Noreturn void martlet_launch_stage(const void *program, const int *inputs, size_t count, int report,
                                    struct martlet_progress *progress);

/// Kernel features that the compiler of launch programs asks for.
enum martlet_feature {
    MARTLET_FEATURE_OVERLAY_FD = 1,       // overlay layers by descriptor, detached (6.15)
    MARTLET_FEATURE_DETACHED_CLONE = 2,   // open_tree of a detached mount (6.15)
    MARTLET_FEATURE_NOSWAP = 4,           // a tmpfs that is never swapped out (6.4)
    MARTLET_FEATURE_BENEATH = 8,          // move_mount beneath another mount (6.5)
};
/// Probes by doing, in a child process of its own. Returns a bit mask, or -1 with errno.
int martlet_launch_probe(void);

#endif
