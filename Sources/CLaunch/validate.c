// SPDX-License-Identifier: Apache-2.0
// Checks a launch program before anything of it runs: bounds, sides, strings, and that every slot an
// operation reads was filled by an earlier one that its side can see.
#include "launch.h"

#include <sched.h>
#include <string.h>

// A child that shared memory, descriptors or signals with the stage would not be a container.
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

// The stage keeps the mount namespace that it works in.
#define ENTERED ((NAMESPACES & ~CLONE_NEWNS) | CLONE_NEWTIME)

enum { NONE = 0, STRING, BYTES, WORDS16, WORDS32, STRINGS };
enum { READS_A = 1, MAY_A = 2, READS_B = 4, MAY_B = 8, FILLS_B = 16, READS_C = 32, MAY_FILL_B = 64 };
enum { ON_HOST = 1, ON_CHILD = 2, ON_BOTH = 3 };

struct shape {
    const char *name;
    uint8_t sides, slots, text, more;
};

static const struct shape shapes[MARTLET_OP_LIMIT] = {
    [MARTLET_OP_ROOT] = {"open /", ON_BOTH, FILLS_B, NONE, NONE},
    [MARTLET_OP_TREE] = {"open_tree", ON_BOTH, READS_A | FILLS_B, STRING, NONE},
    [MARTLET_OP_SETATTR] = {"mount_setattr", ON_BOTH, READS_A | MAY_B, NONE, NONE},
    [MARTLET_OP_FSOPEN] = {"fsopen", ON_BOTH, FILLS_B, STRING, NONE},
    [MARTLET_OP_FSSTRING] = {"fsconfig", ON_BOTH, READS_A, STRING, STRING},
    [MARTLET_OP_FSFLAG] = {"fsconfig", ON_BOTH, READS_A, STRING, NONE},
    [MARTLET_OP_FSFD] = {"fsconfig", ON_BOTH, READS_A | READS_B, STRING, NONE},
    [MARTLET_OP_FSMOUNT] = {"fsmount", ON_BOTH, READS_A | FILLS_B, NONE, NONE},
    [MARTLET_OP_OPEN] = {"openat2", ON_BOTH, READS_A | FILLS_B, STRING, NONE},
    [MARTLET_OP_TARGET] = {"mount point", ON_BOTH, READS_A | FILLS_B, STRING, NONE},
    [MARTLET_OP_MKDIR] = {"mkdirat", ON_BOTH, READS_A, STRING, NONE},
    [MARTLET_OP_MKNOD] = {"mknodat", ON_BOTH, READS_A, STRING, NONE},
    [MARTLET_OP_SYMLINK] = {"symlinkat", ON_BOTH, READS_A, STRING, STRING},
    [MARTLET_OP_FILE] = {"create file", ON_BOTH, READS_A, STRING, BYTES},
    [MARTLET_OP_OWNER] = {"fchownat", ON_BOTH, READS_A, STRING, NONE},
    [MARTLET_OP_WRITE] = {"write", ON_BOTH, READS_A, STRING, BYTES},
    [MARTLET_OP_MOVE] = {"move_mount", ON_BOTH, READS_A | READS_B, NONE, NONE},
    [MARTLET_OP_FCHDIR] = {"fchdir", ON_BOTH, READS_A, NONE, NONE},
    [MARTLET_OP_CLONE] = {"clone3", ON_HOST, MAY_A, STRING, STRING},
    [MARTLET_OP_NAMESPACE] = {"open namespace", ON_HOST, FILLS_B, STRING, NONE},
    [MARTLET_OP_ENTER] = {"setns", ON_HOST, READS_A, NONE, NONE},
    [MARTLET_OP_TIME] = {"time namespace", ON_HOST, 0, STRING, NONE},
    [MARTLET_OP_CGROUP] = {"join cgroup", ON_HOST, READS_A, NONE, NONE},
    [MARTLET_OP_PROC] = {"write proc", ON_HOST, 0, STRING, BYTES},
    [MARTLET_OP_HANDOVER] = {"hand over", ON_HOST, 0, WORDS16, NONE},
    [MARTLET_OP_EXPORT] = {"export", ON_HOST, 0, WORDS16, NONE},
    [MARTLET_OP_RECEIVE] = {"receive", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_GATE] = {"wait for release", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_MASK] = {"mask", ON_CHILD, READS_A | READS_B, STRING, NONE},
    [MARTLET_OP_READONLY] = {"read-only path", ON_CHILD, READS_A, STRING, NONE},
    [MARTLET_OP_COPYUP] = {"copy up", ON_CHILD, READS_A | READS_B, NONE, NONE},
    [MARTLET_OP_BECOME] = {"set user", ON_CHILD, 0, WORDS32, NONE},
    [MARTLET_OP_UNSHARE] = {"unshare", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_JOIN] = {"setns", ON_CHILD, READS_A, NONE, NONE},
    [MARTLET_OP_PIVOT] = {"pivot_root", ON_CHILD, READS_A, NONE, NONE},
    [MARTLET_OP_HOSTNAME] = {"sethostname", ON_CHILD, 0, STRING, NONE},
    [MARTLET_OP_DOMAIN] = {"setdomainname", ON_CHILD, 0, STRING, NONE},
    [MARTLET_OP_RLIMIT] = {"prlimit", ON_CHILD, 0, BYTES, NONE},
    [MARTLET_OP_CAPS] = {"capabilities", ON_CHILD, 0, BYTES, NONE},
    [MARTLET_OP_NO_NEW_PRIVS] = {"no_new_privs", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_SECCOMP] = {"seccomp", ON_CHILD, MAY_FILL_B, BYTES, NONE},
    [MARTLET_OP_KEYRING] = {"keyctl", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_UMASK] = {"umask", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_CHDIR] = {"chdir", ON_CHILD, 0, STRING, NONE},
    [MARTLET_OP_SETSID] = {"setsid", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_TERMINAL] = {"terminal", ON_CHILD, READS_A, NONE, NONE},
    [MARTLET_OP_STDIO] = {"stdio", ON_CHILD, READS_A | READS_B | READS_C, NONE, NONE},
    [MARTLET_OP_CONSOLE] = {"console", ON_CHILD, READS_A | FILLS_B | READS_C, STRING, NONE},
    [MARTLET_OP_KEEP] = {"keep descriptors", ON_CHILD, 0, WORDS16, NONE},
    [MARTLET_OP_SCHEDULER] = {"sched_setattr", ON_CHILD, 0, BYTES, NONE},
    [MARTLET_OP_IOPRIO] = {"ioprio_set", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_PERSONALITY] = {"personality", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_AFFINITY] = {"sched_setaffinity", ON_CHILD, 0, BYTES, NONE},
    [MARTLET_OP_LABEL] = {"label", ON_CHILD, READS_A, STRING, BYTES},
    [MARTLET_OP_SYNC] = {"sync", ON_CHILD, MAY_A, WORDS16, NONE},
    [MARTLET_OP_HOOK] = {"hook", ON_CHILD, READS_A, STRINGS, STRINGS},
    [MARTLET_OP_LOOKUP] = {"find program", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_WAIT] = {"wait for start", ON_CHILD, READS_A | READS_B, NONE, NONE},
    [MARTLET_OP_INIT] = {"init", ON_CHILD, 0, NONE, NONE},
    [MARTLET_OP_EXEC] = {"exec", ON_CHILD, 0, STRINGS, STRINGS},
};

const char *martlet_launch_op_name(uint16_t code) {
    return code < MARTLET_OP_LIMIT && shapes[code].name ? shapes[code].name : "unknown operation";
}

static int valid_data(const char *program, uint32_t size, uint32_t at, uint32_t length, uint8_t kind, uint64_t number) {
    if (kind == NONE) return at == 0 && length == 0;
    if (at > size || length > size - at) return 0;
    const char *data = program + at;
    switch (kind) {
    case STRING: return length > 0 && data[length - 1] == 0 && strlen(data) == length - 1;
    case WORDS16: return at % 2 == 0 && length % 2 == 0;
    case WORDS32: return at % 4 == 0 && length % 4 == 0;
    case STRINGS: {
        if (length > 0 && data[length - 1] != 0) return 0;
        uint64_t found = 0;
        for (uint32_t i = 0; i < length; i++) found += data[i] == 0;
        return found == number;
    }
    default: return at % 8 == 0;
    }
}

struct slots {
    uint8_t filled[MARTLET_SLOTS];
};

static int readable(const struct slots *slots, int16_t slot) {
    return slot >= 0 && slot < MARTLET_SLOTS && slots->filled[slot];
}

int martlet_launch_validate(const void *bytes, size_t size) {
    const char *program = bytes;
    const struct martlet_launch_header *header = bytes;
    if (size < sizeof *header || size > MARTLET_LAUNCH_MAX_SIZE || header->magic != MARTLET_LAUNCH_MAGIC ||
        header->version != MARTLET_LAUNCH_VERSION || header->size != size || header->inputs > MARTLET_MAX_INPUTS ||
        header->op_count == 0 || header->op_count > MARTLET_LAUNCH_MAX_OPS ||
        header->op_count * sizeof(struct martlet_launch_op) > size - sizeof *header)
        return -2;
    const struct martlet_launch_op *ops = (const struct martlet_launch_op *)(program + sizeof *header);
    struct slots host = {{0}}, child = {{0}}, given = {{0}};
    memset(host.filled, 1, header->inputs);
    int cloned = 0, handed = 0, received = 0, in_child = 0, gated = 0, waited = 0, kept = 0, executed = 0;
    uint64_t strings = 0;
    for (uint32_t i = 0; i < header->op_count; i++) {
        const struct martlet_launch_op *op = ops + i;
        if (op->code == 0 || op->code >= MARTLET_OP_LIMIT || !shapes[op->code].name || executed) return (int)i;
        const struct shape *shape = &shapes[op->code];
        if (op->side > MARTLET_CONTAINER || !(shape->sides & (1 << op->side))) return (int)i;
        if (op->side == MARTLET_CONTAINER) in_child = 1;
        else if (in_child || handed) return (int)i; // the host side comes first, and ends with what it hands over
        // Where nothing is handed over, the release tells that the stage is done with the child.
        if (in_child && (!cloned || (!handed && !gated && op->code != MARTLET_OP_GATE))) return (int)i;
        struct slots *slots = in_child ? &child : &host;
        int runs = op->code == MARTLET_OP_EXEC || op->code == MARTLET_OP_HOOK;
        uint64_t arguments = runs ? op->x : 0, variables = runs ? op->y : 0;
        if (!valid_data(program, header->size, op->text, op->text_length, shape->text, arguments) ||
            !valid_data(program, header->size, op->more, op->more_length, shape->more, variables))
            return (int)i;
        if (shape->slots & READS_A && !readable(slots, op->a)) return (int)i;
        if (shape->slots & MAY_A && op->a != MARTLET_NO_SLOT && !readable(slots, op->a)) return (int)i;
        if (shape->slots & READS_B && !readable(slots, op->b)) return (int)i;
        if (shape->slots & MAY_B && op->b != MARTLET_NO_SLOT && !readable(slots, op->b)) return (int)i;
        if (shape->slots & READS_C && !readable(slots, op->c)) return (int)i;
        if (shape->slots & FILLS_B || (shape->slots & MAY_FILL_B && op->b != MARTLET_NO_SLOT)) {
            if (op->b < 0 || op->b >= MARTLET_SLOTS || slots->filled[op->b]) return (int)i;
            slots->filled[op->b] = 1;
        }
        switch (op->code) {
        case MARTLET_OP_CLONE:
            if (cloned || op->x & ~(uint64_t)NAMESPACES) return (int)i;
            cloned = 1;
            child = host; // inherited as they are
            break;
        case MARTLET_OP_CGROUP: // directly after the clone: the child does these before anything else
            if (!cloned || (ops[i - 1].code != MARTLET_OP_CLONE && ops[i - 1].code != MARTLET_OP_CGROUP)) return (int)i;
            break;
        case MARTLET_OP_NAMESPACE:
        case MARTLET_OP_PROC:
            if (!cloned) return (int)i;
            break;
        case MARTLET_OP_BECOME:
            if (op->x >= UINT32_MAX || op->y >= UINT32_MAX) return (int)i; // -1 would mean "as it is"
            break;
        case MARTLET_OP_ENTER:
            if (cloned || op->x == 0 || op->x & (op->x - 1) || op->x & ~(uint64_t)ENTERED) return (int)i;
            break;
        case MARTLET_OP_TIME:
            if (cloned) return (int)i;
            break;
        case MARTLET_OP_RECEIVE:
            if (!handed || received) return (int)i;
            received = 1;
            for (int n = 0; n < MARTLET_SLOTS; n++) child.filled[n] |= given.filled[n];
            break;
        case MARTLET_OP_GATE:
            if (gated || handed != received) return (int)i;
            gated = 1;
            break;
        case MARTLET_OP_INIT:
            if (!gated) return (int)i;
            break;
        case MARTLET_OP_SYNC:
            if (!gated) return (int)i; // nobody answers yet
            // fall through
        case MARTLET_OP_KEEP: {
            const uint16_t *list = (const uint16_t *)(program + op->text);
            uint32_t count = op->text_length / 2;
            if (waited || kept || count > MARTLET_MAX_INPUTS) return (int)i;
            for (uint32_t n = 0; n < count; n++) {
                if (list[n] >= MARTLET_SLOTS || child.filled[list[n]] != (op->code == MARTLET_OP_KEEP)) return (int)i;
                child.filled[list[n]] = 1;
            }
            kept = op->code == MARTLET_OP_KEEP;
            break;
        }
        case MARTLET_OP_WAIT:
            if (waited || !gated) return (int)i;
            waited = 1;
            break;
        case MARTLET_OP_SCHEDULER:
            // struct sched_attr tells its own size, sched_setattr(2).
            if (op->text_length != 56 || memcmp(program + op->text, &(uint32_t){56}, 4) != 0) return (int)i;
            break;
        case MARTLET_OP_AFFINITY:
            if (op->text_length == 0 || op->text_length > 1024) return (int)i;
            break;
        case MARTLET_OP_HOOK:
            if (!gated || op->x == 0 || op->x + op->y > MARTLET_LAUNCH_MAX_STRINGS) return (int)i;
            break;
        case MARTLET_OP_HANDOVER:
        case MARTLET_OP_EXPORT: {
            const uint16_t *list = (const uint16_t *)(program + op->text);
            uint32_t count = op->text_length / 2;
            if (!cloned || count > (op->code == MARTLET_OP_EXPORT ? MARTLET_MAX_EXPORTS : MARTLET_MAX_INPUTS))
                return (int)i;
            handed = op->code == MARTLET_OP_HANDOVER;
            if (handed && count == 0) return (int)i;
            for (uint32_t n = 0; n < count; n++) {
                if (list[n] >= MARTLET_SLOTS || !host.filled[list[n]]) return (int)i;
                if (op->code == MARTLET_OP_HANDOVER) given.filled[list[n]] = 1;
            }
            break;
        }
        case MARTLET_OP_RLIMIT:
            if (op->text_length != 16) return (int)i;
            break;
        case MARTLET_OP_CAPS:
            if (op->text_length != 40) return (int)i;
            break;
        case MARTLET_OP_SECCOMP:
            if (op->text_length == 0 || op->text_length % 8 || op->text_length / 8 > 4096) return (int)i;
            // SECCOMP_FILTER_FLAG_NEW_LISTENER is 8.
            if ((op->x & 8) != (op->b == MARTLET_NO_SLOT ? 0 : 8)) return (int)i;
            break;
        case MARTLET_OP_EXEC:
            strings = op->x + op->y;
            if (!gated || op->x == 0 || strings > MARTLET_LAUNCH_MAX_STRINGS) return (int)i;
            executed = 1;
            break;
        default: break;
        }
    }
    return executed ? -1 : (int)header->op_count - 1;
}
