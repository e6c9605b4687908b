// SPDX-License-Identifier: Apache-2.0
// Makes calls that a container has no business with, natively and by the two other ABIs of x86_64, and asks
// for every socket family. Arguments are harmless: the filter answers before the kernel looks at them.
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long call(long number, long a, long b, long c) {
    long result = syscall(number, a, b, c, 0, 0, 0);
    return result < 0 ? errno : 0;
}

static const struct { const char *name; long number; } denied[] = {
#define N(name) {#name, SYS_##name}
    N(acct), N(add_key), N(bpf), N(clock_adjtime), N(clock_settime), N(delete_module), N(fanotify_init),
    N(finit_module), N(fsconfig), N(fsmount), N(fsopen), N(fspick), N(init_module), N(kcmp), N(kexec_load),
    N(keyctl), N(lookup_dcookie), N(mbind), N(migrate_pages), N(mount), N(mount_setattr), N(move_mount),
    N(move_pages), N(nfsservctl), N(open_by_handle_at), N(open_tree), N(perf_event_open), N(pivot_root),
    N(process_vm_readv), N(process_vm_writev), N(ptrace), N(quotactl), N(reboot), N(request_key),
    N(set_mempolicy), N(setdomainname), N(sethostname), N(setns), N(settimeofday), N(swapoff), N(swapon),
    N(syslog), N(umount2), N(unshare), N(userfaultfd), N(vhangup),
    N(clone3), N(io_uring_setup), N(io_uring_enter), N(io_uring_register), N(pidfd_getfd),
    {"statmount", 457}, {"listmount", 458}, {"lsm_set_self_attr", 460}, {"open_tree_attr", 467},
    {"tomorrow", 1000},
#if defined __x86_64__
    N(ioperm), N(iopl), N(kexec_file_load), N(modify_ldt), N(uselib), N(ustat), N(_sysctl), N(sysfs),
    N(create_module), N(query_module), N(get_kernel_syms),
#endif
};

#if defined __x86_64__
static long call_i386(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? -result : 0;
}

// A kernel without the 32-bit ABI answers with a signal: that is a refusal too.
static void in_child(const char *name, long (*make)(long, long, long, long), long number, long a, long b, long c) {
    int ends[2], status = 0;
    long result = -1;
    if (pipe(ends) < 0) return;
    pid_t pid = fork();
    if (pid == 0) {
        result = make(number, a, b, c);
        if (write(ends[1], &result, sizeof result) < 0) _exit(1);
        _exit(0);
    }
    close(ends[1]);
    long got = read(ends[0], &result, sizeof result);
    close(ends[0]);
    waitpid(pid, &status, 0);
    if (got == sizeof result) printf("%s %ld\n", name, result);
    else printf("%s signal\n", name);
}
#endif

int main(void) {
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        printf("call %s %ld\n", denied[i].name, call(denied[i].number, -1, 0, 0));
    for (long family = 0; family < 64; family++) {
        long plain = call(SYS_socket, family, SOCK_DGRAM, 0), high = call(SYS_socket, family | 1L << 32, SOCK_DGRAM, 0);
        printf("family %ld %ld %ld\n", family, plain, high);
        // The last descriptors stay open until the end: there are few.
    }
    const unsigned long flags[] = {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        for (int high = 0; high < 2; high++) {
            long pid = syscall(SYS_clone, flags[i] | SIGCHLD | (high ? 1UL << 40 : 0), 0, 0, 0, 0);
            if (pid == 0) _exit(0);
            if (pid > 0) waitpid((pid_t)pid, NULL, 0);
            printf("clone %lx.%d %d\n", flags[i], high, pid < 0 ? errno : 0);
        }
    }
    const unsigned long requests[] = {0x5412, 0x541c};
    for (size_t i = 0; i < 2; i++)
        for (int bit = 31; bit < 64; bit++)
            printf("ioctl %lx.%d %ld\n", requests[i], bit, call(SYS_ioctl, 0, (long)(requests[i] | (bit > 31 ? 1UL << bit : 0)), 0));
    printf("personality %ld\n", call(SYS_personality, 0x40000, 0, 0));            // ADDR_NO_RANDOMIZE
    printf("personality %ld\n", call(SYS_personality, (long)(0x40000 | 1UL << 33), 0, 0));
#if defined __x86_64__
    in_child("i386 getpid", call_i386, 20, 0, 0, 0);
    in_child("i386 mount", call_i386, 21, 0, 0, 0);
    in_child("i386 socketcall", call_i386, 102, 1, 0, 0);
    in_child("i386 socket", call_i386, 359, 38, 2, 0);
    in_child("i386 unshare", call_i386, 310, 0x10000000, 0, 0);
    in_child("x32 getpid", call, 0x40000000 | SYS_getpid, 0, 0, 0);
    in_child("x32 mount", call, 0x40000000 | SYS_mount, 0, 0, 0);
    in_child("x32 ptrace", call, 0x40000000 | 521, 0, 0, 0);
    in_child("x32 socket", call, 0x40000000 | SYS_socket, 38, 2, 0);
    in_child("x32 unshare", call, 0x40000000 | SYS_unshare, 0x10000000, 0, 0);
#endif
    return 0;
}
