// SPDX-License-Identifier: Apache-2.0
// Inflation and deflation by ISA-L. Its states hold arrays that Swift does not import, so they stay in C.
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

/// What packs at a level, from 1, the fastest, to 3, needs of memory.
static inline size_t martlet_deflate_size(int level) {
    size_t room = level == 1 ? ISAL_DEF_LVL1_DEFAULT : level == 2 ? ISAL_DEF_LVL2_DEFAULT : ISAL_DEF_LVL3_DEFAULT;
    return sizeof(struct isal_zstream) + room;
}

/// Packs all of `in` into `out` as one gzip member (IGZIP_GZIP) or zlib stream (IGZIP_ZLIB); how long it became, or
/// negative if `out` has no room. `state` has the size that the level needs, and keeps nothing between calls.
static inline long martlet_deflate(void *state, int level, int format, const void *in, uint32_t in_count, void *out,
                                   uint32_t out_count) {
    struct isal_zstream *stream = state;
    isal_deflate_stateless_init(stream);
    stream->level = (uint32_t)level;
    stream->level_buf = (uint8_t *)(stream + 1);
    stream->level_buf_size = (uint32_t)(martlet_deflate_size(level) - sizeof *stream);
    stream->gzip_flag = (uint16_t)format;
    stream->end_of_stream = 1;
    stream->next_in = (uint8_t *)(uintptr_t)in;
    stream->avail_in = in_count;
    stream->next_out = out;
    stream->avail_out = out_count;
    if (isal_deflate_stateless(stream) != COMP_OK || stream->avail_in) return -1;
    return (long)stream->total_out;
}

#endif
