// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int interrupt_pipe = -1;

static void pass_on(int number) {
    int cause = errno;
    unsigned char byte = (unsigned char)number;
    if (write(interrupt_pipe, &byte, 1) < 0) {} // full: an interrupt is waiting already
    errno = cause;
}

int martlet_catch_interrupts(int pipe) {
    interrupt_pipe = pipe;
    struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) < 0 || sigaction(SIGTERM, &action, NULL) < 0) return -1;
    return sigaction(SIGHUP, &action, NULL);
}

int martlet_unblock_interrupts(void) {
    sigset_t interrupts;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    sigaddset(&interrupts, SIGHUP);
    return pthread_sigmask(SIG_UNBLOCK, &interrupts, NULL);
}

int martlet_signal_descriptor(void) {
    sigset_t all;
    sigfillset(&all);
    // What tells of a fault of our own is not for others.
    int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&all, faults[i]);
    if (sigprocmask(SIG_BLOCK, &all, NULL) < 0) return -1;
    return signalfd(-1, &all, SFD_CLOEXEC);
}

int martlet_read_signal(int fd) {
    struct signalfd_siginfo signal;
    ssize_t length = read(fd, &signal, sizeof signal);
    return length == sizeof signal ? (int)signal.ssi_signo : -1;
}
