// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel allows 64 programs on a group.
#define MAX_PROGRAMS 64
// By its name a program is known as ours; others, like systemd's, stay: all of a group's have to allow.
#define NAME "martlet_devices"

static int bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}
static struct bpf_insn load(int to, int offset) {
    return (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = to, .src_reg = BPF_REG_1, .off = offset};
}
static struct bpf_insn alu(int operation, int to, int value) {
    return (struct bpf_insn){.code = BPF_ALU | operation | BPF_K, .dst_reg = to, .imm = value};
}
// 32 bits, as the numbers are: a 64-bit jump would extend the sign of the value.
static struct bpf_insn jump(int condition, int reg, int value, int skip) {
    return (struct bpf_insn){.code = BPF_JMP32 | condition | BPF_K, .dst_reg = reg, .imm = value, .off = skip};
}
static const struct bpf_insn leave = {.code = BPF_JMP | BPF_EXIT};

// From the last rule to the first. Register 3 holds what has been asked for and no rule has decided yet: a rule that
// denies a part of it ends the search, one that allows takes its part off.
static int compile(struct bpf_insn *program, const struct martlet_device_rule *rules, size_t count) {
    int at = 0;
    // struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor.
    program[at++] = load(BPF_REG_2, 0);
    program[at++] = alu(BPF_AND, BPF_REG_2, 0xffff);
    program[at++] = load(BPF_REG_3, 0);
    program[at++] = alu(BPF_RSH, BPF_REG_3, 16);
    program[at++] = load(BPF_REG_4, 4);
    program[at++] = load(BPF_REG_5, 8);
    for (size_t i = count; i-- > 0;) {
        const struct martlet_device_rule *rule = rules + i;
        int length = (rule->type != 0) + !rule->any_major + !rule->any_minor + 4, end = at + length;
        if (rule->type != 0) program[at] = jump(BPF_JNE, BPF_REG_2, rule->type, end - at - 1), at++;
        if (!rule->any_major) program[at] = jump(BPF_JNE, BPF_REG_4, (int)rule->major, end - at - 1), at++;
        if (!rule->any_minor) program[at] = jump(BPF_JNE, BPF_REG_5, (int)rule->minor, end - at - 1), at++;
        if (rule->allow) {
            program[at++] = alu(BPF_AND, BPF_REG_3, ~rule->access);
            program[at++] = jump(BPF_JNE, BPF_REG_3, 0, 2);
            program[at++] = alu(BPF_MOV, BPF_REG_0, 1);
            program[at++] = leave;
        } else {
            program[at++] = jump(BPF_JSET, BPF_REG_3, rule->access, 1);
            program[at] = (struct bpf_insn){.code = BPF_JMP | BPF_JA, .off = end - at - 1}, at++;
            program[at++] = alu(BPF_MOV, BPF_REG_0, 0);
            program[at++] = leave;
        }
    }
    program[at++] = alu(BPF_MOV, BPF_REG_0, 0);
    program[at++] = leave;
    return at;
}

static int load_program(const struct bpf_insn *program, int length) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)program;
    attributes.insn_cnt = (uint32_t)length;
    attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
    strcpy(attributes.prog_name, NAME);
    return bpf(BPF_PROG_LOAD, &attributes);
}

static int attach(int cgroup, int program, uint32_t flags, int replaced) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = flags;
    if (flags & BPF_F_REPLACE) attributes.replace_bpf_fd = (uint32_t)replaced;
    return bpf(BPF_PROG_ATTACH, &attributes);
}

static int detach(int cgroup, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    return bpf(BPF_PROG_DETACH, &attributes);
}

// Our program on the group, or -1; the flags with which programs are attached there.
static int find_ours(int cgroup, uint32_t *flags) {
    uint32_t ids[MAX_PROGRAMS];
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.query.target_fd = (uint32_t)cgroup;
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = (uint64_t)(uintptr_t)ids;
    attributes.query.prog_cnt = MAX_PROGRAMS;
    *flags = BPF_F_ALLOW_MULTI;
    if (bpf(BPF_PROG_QUERY, &attributes) < 0) return -1;
    uint32_t count = attributes.query.prog_cnt;
    if (count > 0) *flags = attributes.query.attach_flags;
    for (uint32_t i = 0; i < count && i < MAX_PROGRAMS; i++) {
        memset(&attributes, 0, sizeof attributes);
        attributes.prog_id = ids[i];
        int program = bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
        if (program < 0) continue;
        struct bpf_prog_info info;
        memset(&info, 0, sizeof info);
        memset(&attributes, 0, sizeof attributes);
        attributes.info.bpf_fd = (uint32_t)program;
        attributes.info.info_len = sizeof info;
        attributes.info.info = (uint64_t)(uintptr_t)&info;
        if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) == 0 && strcmp(info.name, NAME) == 0) return program;
        close(program);
    }
    return -1;
}

int martlet_restrict_devices(int cgroup, const struct martlet_device_rule *rules, size_t count) {
    if (count > MARTLET_MAX_DEVICE_RULES) { errno = E2BIG; return -1; }
    struct bpf_insn *program = calloc(6 + count * 7 + 2, sizeof *program);
    if (!program) return -1;
    int loaded = load_program(program, compile(program, rules, count)), cause = errno;
    free(program);
    if (loaded < 0) { errno = cause; return -1; }
    uint32_t flags;
    int old = find_ours(cgroup, &flags), result;
    if (!(flags & BPF_F_ALLOW_MULTI)) {
        // A single program is replaced by whatever is attached in its way, bpf(2).
        result = attach(cgroup, loaded, flags, -1);
    } else {
        result = old < 0 ? -1 : attach(cgroup, loaded, flags | BPF_F_REPLACE, old);
        if (result < 0) {  // nothing to replace, or a kernel before 5.6: both hold for an instant
            result = attach(cgroup, loaded, flags, -1);
            if (result == 0 && old >= 0) result = detach(cgroup, old);
        }
    }
    cause = errno;
    close(loaded);
    if (old >= 0) close(old);
    errno = cause;
    return result;
}
