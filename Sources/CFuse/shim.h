// SPDX-License-Identifier: Apache-2.0
// The messages of /dev/fuse, fuse(4), as the kernel's header has them.
#include <linux/fuse.h>
#include <stdint.h>

// What was written to memory before is there for whoever sees this number.
static inline void martlet_publish(void *place, uint32_t number) {
    __atomic_store_n((uint32_t *)place, number, __ATOMIC_RELEASE);
}
