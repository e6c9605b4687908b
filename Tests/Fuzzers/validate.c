// SPDX-License-Identifier: Apache-2.0
// Whatever the validator accepts is walked as the interpreter would walk it: no byte outside the program,
// no slot outside the table, no more strings than there is room for.
#include "launch.h"

#include <linux/sched.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static volatile unsigned touched;

static void demand(int condition) { if (!condition) abort(); }

static void touch(const char *program, size_t size, uint32_t at, uint32_t length) {
    demand(at <= size && length <= size - at);
    for (uint32_t i = 0; i < length; i++) touched += (unsigned char)program[at + i];
}

static uint64_t walk_strings(const char *program, uint32_t at, uint64_t count, uint32_t length) {
    const char *string = program + at;
    for (uint64_t i = 0; i < count; i++) string += strlen(string) + 1;
    demand((size_t)(string - (program + at)) == length);
    return count;
}

// The registers that the interpreter looks up; a negative one is none.
static int uses_a(uint16_t code) {
    if (code <= MARTLET_OP_FCHDIR) return code != MARTLET_OP_ROOT && code != MARTLET_OP_FSOPEN;
    return code == MARTLET_OP_CLONE || code == MARTLET_OP_ENTER || code == MARTLET_OP_CGROUP || code == MARTLET_OP_JOIN ||
           code == MARTLET_OP_PIVOT || code == MARTLET_OP_TERMINAL || code == MARTLET_OP_STDIO || code == MARTLET_OP_MASK ||
           code == MARTLET_OP_READONLY || code == MARTLET_OP_COPYUP || code == MARTLET_OP_CONSOLE || code == MARTLET_OP_LABEL ||
           code == MARTLET_OP_SYNC || code == MARTLET_OP_HOOK || code == MARTLET_OP_WAIT;
}

static int uses_b(uint16_t code) {
    switch (code) {
    case MARTLET_OP_ROOT: case MARTLET_OP_TREE: case MARTLET_OP_SETATTR: case MARTLET_OP_FSOPEN: case MARTLET_OP_FSFD:
    case MARTLET_OP_FSMOUNT: case MARTLET_OP_OPEN: case MARTLET_OP_TARGET: case MARTLET_OP_MOVE: case MARTLET_OP_NAMESPACE:
    case MARTLET_OP_STDIO: case MARTLET_OP_MASK: case MARTLET_OP_COPYUP: case MARTLET_OP_CONSOLE: case MARTLET_OP_SECCOMP:
    case MARTLET_OP_WAIT: return 1;
    default: return 0;
    }
}

static void walk(const char *program, size_t size) {
    const struct martlet_launch_header *header = (const void *)program;
    const struct martlet_launch_op *ops = (const void *)(program + sizeof *header);
    int cloned = 0;
    for (uint32_t i = 0; i < header->op_count; i++) {
        const struct martlet_launch_op *op = ops + i;
        touched += strlen(martlet_launch_op_name(op->code));
        touch(program, size, op->text, op->text_length);
        touch(program, size, op->more, op->more_length);
        demand(!uses_a(op->code) || op->a < MARTLET_SLOTS);
        demand(!uses_b(op->code) || op->b < MARTLET_SLOTS);
        demand((op->code != MARTLET_OP_STDIO && op->code != MARTLET_OP_CONSOLE) || op->c < MARTLET_SLOTS);
        demand(op->side == MARTLET_CONTAINER ? cloned : 1);
        switch (op->code) {
        case MARTLET_OP_CLONE:
            demand(!cloned && !(op->x & (CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_THREAD | CLONE_SIGHAND | CLONE_VFORK)));
            cloned = 1;
            break;
        case MARTLET_OP_HANDOVER:
        case MARTLET_OP_EXPORT: {
            const uint16_t *list = (const uint16_t *)(program + op->text);
            demand(op->text_length / 2 <= (op->code == MARTLET_OP_EXPORT ? MARTLET_MAX_EXPORTS : MARTLET_MAX_INPUTS));
            for (uint32_t n = 0; n < op->text_length / 2; n++) demand(list[n] < MARTLET_SLOTS);
            break;
        }
        case MARTLET_OP_CAPS:
            for (int n = 0; n < 5; n++) touched += (unsigned)((const uint64_t *)(program + op->text))[n];
            break;
        case MARTLET_OP_EXEC:
            demand(i == header->op_count - 1 && op->x > 0);
            demand(walk_strings(program, op->text, op->x, op->text_length) +
                       walk_strings(program, op->more, op->y, op->more_length) <=
                   MARTLET_LAUNCH_MAX_STRINGS);
            break;
        default: break;
        }
    }
    demand(cloned);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    // The first byte says whether the header's fixed part is made right, which chance would not do.
    if (size < 1) return 0;
    int raw = data[0] == 0xff;
    data++, size--;
    char *program = malloc(size + !size);
    memcpy(program, data, size);
    if (!raw && size >= sizeof(struct martlet_launch_header)) {
        struct martlet_launch_header *header = (void *)program;
        size_t room = (size - sizeof *header) / sizeof(struct martlet_launch_op);
        header->magic = MARTLET_LAUNCH_MAGIC;
        header->version = MARTLET_LAUNCH_VERSION;
        header->size = (uint32_t)size;
        header->inputs %= MARTLET_MAX_INPUTS + 1;
        if (room > 0) header->op_count = 1 + header->op_count % (uint32_t)room;
    }
    int bad = martlet_launch_validate(program, size);
    demand(bad >= -2 && bad == martlet_launch_validate(program, size));
    if (bad == -1) walk(program, size);
    free(program);
    return 0;
}
