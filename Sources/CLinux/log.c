// SPDX-License-Identifier: Apache-2.0
#include "CLog.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>

static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void fill_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82f63b78u & -(crc & 1)); // reflected 0x1edc6f41
        tables[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int slice = 1; slice < 8; slice++)
            tables[slice][i] = (tables[slice - 1][i] >> 8) ^ tables[0][tables[slice - 1][i] & 0xff];
}

uint32_t martlet_crc32c_table(uint32_t crc, const void *bytes, size_t length) {
    pthread_once(&tables_once, fill_tables);
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; length >= 8; p += 8, length -= 8) {
        uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^ tables[4][low >> 24]
            ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^ tables[0][p[7]];
    }
    for (; length > 0; p++, length--) crc = (crc >> 8) ^ tables[0][(crc ^ *p) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_instruction(uint32_t crc, const uint8_t *p, size_t length) {
    uint64_t value = ~crc;
    for (; length >= 8; p += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        value = __builtin_ia32_crc32di(value, word);
    }
    uint32_t rest = (uint32_t)value;
    for (; length > 0; p++, length--) rest = __builtin_ia32_crc32qi(rest, *p);
    return ~rest;
}
#endif

uint32_t martlet_crc32c(uint32_t crc, const void *bytes, size_t length) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return crc32c_instruction(crc, bytes, length);
#endif
    return martlet_crc32c_table(crc, bytes, length);
}

static uint8_t *put_record(uint8_t *out, const uint8_t *bytes, size_t length, uint8_t flags) {
    size_t rest = length;
    for (; rest >= 0x80; rest >>= 7) *out++ = (uint8_t)(rest | 0x80);
    *out++ = (uint8_t)rest;
    *out++ = flags;
    memcpy(out, bytes, length);
    return out + length;
}

size_t martlet_log_records(
    const uint8_t *in, size_t length, uint32_t maximum, uint8_t *out, struct martlet_log_batch *batch) {
    const uint8_t *end = in + length;
    uint8_t *start = out;
    uint32_t open = batch->open, records = 0, lines = 0, bytes = 0;
    while (in < end) {
        const uint8_t *newline = memchr(in, '\n', (size_t)(end - in));
        size_t piece = (size_t)((newline ? newline : end) - in);
        bytes += (uint32_t)piece;
        while (open + piece > maximum) {
            size_t room = maximum - open;
            out = put_record(out, in, room, MARTLET_LOG_CUT);
            in += room;
            piece -= room;
            open = 0;
            lines++;
            records++;
        }
        out = put_record(out, in, piece, newline ? 0 : MARTLET_LOG_UNTERMINATED);
        records++;
        if (newline) {
            lines++;
            open = 0;
            in = newline + 1;
        } else {
            open += (uint32_t)piece;
            in = end;
        }
    }
    *batch = (struct martlet_log_batch){.open = open, .records = records, .lines = lines, .bytes = bytes};
    return (size_t)(out - start);
}

static inline uint32_t hash_of(uint32_t key) { return (key * 0x9e3779b1u) >> 16; }

uint32_t martlet_log_hash(uint32_t key) { return hash_of(key); }

size_t martlet_log_candidate(const uint64_t *filter, const void *text, size_t start, size_t end) {
    const uint8_t *bytes = text;
    for (; start < end; start++) {
        uint32_t key;
        memcpy(&key, bytes + start, sizeof key);
        uint32_t bit = hash_of(key);
        if (filter[bit >> 6] >> (bit & 63) & 1) break;
    }
    return start;
}

size_t martlet_log_same(const void *one, const void *other, size_t most) {
    const uint8_t *a = one, *b = other;
    size_t same = 0;
    while (same < most && a[same] == b[same]) same++;
    return same;
}

int martlet_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
int martlet_epoll_add(int epoll, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
int martlet_epoll_delete(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }
int martlet_epoll_wait(int epoll, uint64_t *tokens, int capacity, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, capacity < 64 ? capacity : 64, milliseconds);
    for (int i = 0; i < count; i++) tokens[i] = events[i].data.u64;
    return count;
}
int martlet_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
int martlet_pipe_bytes(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) < 0 ? -1 : count;
}
int martlet_pipe_size(int fd) { return fcntl(fd, F_GETPIPE_SZ); }
int martlet_lock_exclusive(int fd) { return flock(fd, LOCK_EX | LOCK_NB); }
