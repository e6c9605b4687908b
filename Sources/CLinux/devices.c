// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_RULES 64

static struct bpf_insn load(int to, int offset) {
    return (struct bpf_insn){.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = to, .src_reg = BPF_REG_1, .off = offset};
}
static struct bpf_insn alu(int operation, int to, int value) {
    return (struct bpf_insn){.code = BPF_ALU | operation | BPF_K, .dst_reg = to, .imm = value};
}
static struct bpf_insn jump_unless_equal(int reg, int value, int skip) {
    return (struct bpf_insn){.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = reg, .imm = value, .off = skip};
}

int martlet_allow_devices(int cgroup, const struct martlet_device_rule *rules, size_t count) {
    if (count > MAX_RULES) { errno = E2BIG; return -1; }
    struct bpf_insn program[8 + MAX_RULES * 8 + 2];
    int at = 0;
    // struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor.
    program[at++] = load(BPF_REG_2, 0);
    program[at++] = alu(BPF_AND, BPF_REG_2, 0xffff);
    program[at++] = load(BPF_REG_3, 0);
    program[at++] = alu(BPF_RSH, BPF_REG_3, 16);
    program[at++] = load(BPF_REG_4, 4);
    program[at++] = load(BPF_REG_5, 8);
    for (size_t i = 0; i < count; i++) {
        const struct martlet_device_rule *rule = rules + i;
        int length = 1 + 3 + (rule->major >= 0) + (rule->minor >= 0) + 2, end = at + length;
        program[at] = jump_unless_equal(BPF_REG_2, rule->type, end - at - 1), at++;
        program[at++] = (struct bpf_insn){.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_3};
        program[at++] = alu(BPF_AND, BPF_REG_0, ~rule->access & 7);
        program[at] = jump_unless_equal(BPF_REG_0, 0, end - at - 1), at++;
        if (rule->major >= 0) program[at] = jump_unless_equal(BPF_REG_4, rule->major, end - at - 1), at++;
        if (rule->minor >= 0) program[at] = jump_unless_equal(BPF_REG_5, rule->minor, end - at - 1), at++;
        program[at++] = alu(BPF_MOV, BPF_REG_0, 1);
        program[at++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};
    }
    program[at++] = alu(BPF_MOV, BPF_REG_0, 0);
    program[at++] = (struct bpf_insn){.code = BPF_JMP | BPF_EXIT};

    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)program;
    attributes.insn_cnt = (uint32_t)at;
    attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
    int loaded = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
    if (loaded < 0) return -1;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)loaded;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    int result = (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes), cause = errno;
    close(loaded);
    errno = cause;
    return result;
}
