// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <sys/timerfd.h>

int martlet_wall_timer_create(void) {
    return timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
}

int martlet_wall_timer_set(int timer, int64_t seconds) {
    // Seconds before 1970 would be an error, and zero would stop it.
    struct itimerspec value = {.it_value = {.tv_sec = seconds > 0 ? seconds : 0, .tv_nsec = 1}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &value, 0);
}
