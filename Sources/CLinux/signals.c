// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
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
