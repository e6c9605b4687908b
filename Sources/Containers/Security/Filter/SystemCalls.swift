// SPDX-License-Identifier: Apache-2.0

/// The tables of the default system call filter.
enum SystemCalls {
    /// Allowed without looking at arguments.
    ///
    /// What is not here and not in `absent` answers `EPERM`: kernel administration, modules, mounts, new
    /// namespaces, keyrings, bpf, perf, ptrace, io_uring, userfaultfd.
    static let allowed =
        """
        accept accept4 access alarm arch_prctl bind brk capget capset chdir chmod chown clock_getres clock_gettime
        clock_nanosleep close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1
        epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat
        exit exit_group faccessat faccessat2 fadvise64 fallocate fanotify_mark fchdir fchmod fchmodat fchown fchownat
        fcntl fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstatfs fsync ftruncate futex
        futex_waitv futimesat get_robust_list get_thread_area getcpu getcwd getdents getdents64 getegid geteuid getgid
        getgroups getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid
        getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday getuid getxattr inotify_add_watch
        inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents io_setup io_submit
        ioprio_get ioprio_set kill landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lgetxattr
        link linkat listen listxattr llistxattr lremovexattr lseek lsetxattr lstat madvise membarrier memfd_create
        memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mprotect mq_getsetattr mq_notify
        mq_open mq_timedreceive mq_timedsend mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall
        munmap name_to_handle_at nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe
        pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll prctl pread64 preadv preadv2 prlimit64 process_mrelease
        pselect6 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recvfrom recvmmsg recvmsg
        remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rseq rt_sigaction rt_sigpending
        rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo
        sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
        sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler
        sched_yield seccomp select semctl semget semop semtimedop sendfile sendmmsg sendmsg sendto set_robust_list
        set_tid_address set_thread_area setfsgid setfsuid setgid setgroups setitimer setpgid setpriority setregid
        setresgid setresuid setreuid setrlimit setsid setsockopt setuid setxattr shmat shmctl shmdt shmget shutdown
        sigaltstack signalfd signalfd4 socketpair splice stat statfs statx symlink symlinkat sync sync_file_range
        syncfs sysinfo tee tgkill time timer_create timer_delete timer_getoverrun timer_gettime timer_settime
        timerfd_create timerfd_gettime timerfd_settime times tkill truncate umask uname unlink unlinkat utime
        utimensat utimes vfork vmsplice wait4 waitid write writev chroot
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    /// Calls that libseccomp 2.5.4 has no name for; the numbers are the same on every architecture.
    static let allowedByNumber: [(Int32, String)] = [
        (451, "cachestat"), (452, "fchmodat2"), (454, "futex_wake"), (455, "futex_wait"),
        (456, "futex_requeue"),
        (462, "mseal"), (463, "setxattrat"), (464, "getxattrat"), (465, "listxattrat"),
        (466, "removexattrat"),
    ]

    /// Programs probe for these and fall back when the kernel says that it has none.
    static let absent = ["clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "pidfd_getfd"]

    /// The newest call that this table has judged, `open_tree_attr`; numbers are shared by all architectures.
    static let newest: UInt32 = 467

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET and NEWTIME, linux/sched.h.
    ///
    /// NEWTIME shares its bit with the exit signal's mask in clone(2) and cannot be asked for there.
    static let namespaceFlags: UInt64 = 0x7e02_0000

    /// PER_LINUX, PER_LINUX32, UNAME26 and both, and the query, personality(2).
    static let personas: [UInt64] = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff]
}
