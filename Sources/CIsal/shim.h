// SPDX-License-Identifier: Apache-2.0
// Inflation of gzip by ISA-L. Its state holds arrays that Swift does not import, so it stays in C.
#ifndef MARTLET_CISAL_H
#define MARTLET_CISAL_H

#include <isa-l/igzip_lib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/// A fresh state for a gzip member; NULL without memory. `free` ends it.
static inline void *martlet_gunzip_new(void) {
    struct inflate_state *state = malloc(sizeof *state);
    if (state) {
        isal_inflate_init(state);
        state->crc_flag = ISAL_GZIP;  // header and trailer are part of what is checked
    }
    return state;
}

/// Begins the next member.
static inline void martlet_gunzip_reset(void *opaque) {
    struct inflate_state *state = opaque;
    isal_inflate_reset(state);
    state->crc_flag = ISAL_GZIP;
}

/// Takes from `in`, gives to `out`, both at most 4 GiB; `*in_count` and `*out_count` become what was taken and given.
/// 1 once the member is complete and all of it given, 0 before, negative (ISAL_INVALID_..) for broken data.
static inline int martlet_gunzip(void *opaque, const void *in, size_t *in_count, void *out, size_t *out_count) {
    struct inflate_state *state = opaque;
    state->next_in = (uint8_t *)(uintptr_t)in;
    state->avail_in = (uint32_t)*in_count;
    state->next_out = out;
    state->avail_out = (uint32_t)*out_count;
    int result = isal_inflate(state);
    *in_count -= state->avail_in;
    *out_count -= state->avail_out;
    if (result < 0) return result;
    return state->block_state == ISAL_BLOCK_FINISH;
}

#endif
