// SPDX-License-Identifier: Apache-2.0
// What the log capture needs from C: the inner loops, and epoll(7), which the Glibc module does not import.
#ifndef MARTLET_CLOG_H
#define MARTLET_CLOG_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli) of `bytes`, continuing `crc` (0 to begin). Uses SSE 4.2 where the processor has it.
uint32_t martlet_crc32c(uint32_t crc, const void *bytes, size_t length);
/// The same by tables, for processors without the instruction and for checking it.
uint32_t martlet_crc32c_table(uint32_t crc, const void *bytes, size_t length);

#define MARTLET_LOG_UNTERMINATED 1 // no newline yet: the next record of the stream continues the line
#define MARTLET_LOG_CUT 2          // the line reached the maximum length: its rest is the next record

/// `open` is carried from batch to batch: bytes of the line that has no newline yet. The rest are counts of one call.
struct martlet_log_batch {
    uint32_t open;
    uint32_t records;
    uint32_t lines;
    uint32_t bytes;
};

/// Splits a batch at its newlines into records (varint length, flags, bytes) and returns their size. `out` must
/// hold 2 * length + 16 bytes. Lines end at `maximum` bytes at the latest (below 2 MiB).
size_t martlet_log_records(
    const uint8_t *in, size_t length, uint32_t maximum, uint8_t *out, struct martlet_log_batch *batch);

/// The bit, of 65,536, that stands for four bytes in a filter.
uint32_t martlet_log_hash(uint32_t key);
/// The first place from `start` on whose four bytes have their bit in the filter; `end` if there is none. Three bytes more
/// than `end` are there.
size_t martlet_log_candidate(const uint64_t *filter, const void *text, size_t start, size_t end);
/// How many bytes are the same, at most `most`.
size_t martlet_log_same(const void *one, const void *other, size_t most);

int martlet_epoll_create(void);
/// Edge-triggered readability of `fd`, reported as `token`.
int martlet_epoll_add(int epoll, int fd, uint64_t token);
int martlet_epoll_delete(int epoll, int fd);
int martlet_epoll_wait(int epoll, uint64_t *tokens, int capacity, int milliseconds);
int martlet_eventfd(void);
/// The bytes that wait in a pipe (FIONREAD).
int martlet_pipe_bytes(int fd);
int martlet_pipe_size(int fd);
/// flock(2), exclusive and without waiting.
int martlet_lock_exclusive(int fd);

#endif
