// SPDX-License-Identifier: Apache-2.0
// writer - writes files in a container of the benchmark `volumes`.
//
//   writer sleep                        waits for ever
//   writer FOLDER COUNT STEP SIZE       writes every STEP-th of COUNT files anew, with SIZE bytes that compress badly
//   writer FOLDER COUNT SIZE for SECONDS   does so again and again, and prints how many it wrote in a second
//   writer FOLDER COUNT SIZE pace SECONDS  writes all of them once a second, for so long
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;

static uint64_t draw(void) {  // xorshift64
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void write_file(const char *folder, long index, size_t size, uint64_t *bytes) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/d%ld", folder, index / 1000) >= (int)sizeof path) fail(folder);
    if (index % 1000 == 0 && mkdir(path, 0755) < 0 && errno != EEXIST) fail(path);
    if (snprintf(path, sizeof path, "%s/d%ld/f%ld", folder, index / 1000, index) >= (int)sizeof path) fail(folder);
    // What was drawn once is made another one by two words: drawing all would be what is measured.
    bytes[0] = draw();
    bytes[size / 16] = draw();
    int file = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (file < 0) fail(path);
    if (write(file, bytes, size) != (ssize_t)size) fail(path);
    if (close(file) < 0) fail(path);
}

int main(int count, char **words) {
    if (count == 2 && !strcmp(words[1], "sleep")) {
        for (;;) pause();
    }
    if (count < 5) {
        fprintf(stderr, "usage: see the head of writer.c\n");
        return 2;
    }
    const char *folder = words[1];
    long files = atol(words[2]);
    state = (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid() + 1;
    double begin = now(), seconds = count == 6 ? atof(words[5]) : 0;
    size_t size = (size_t)atol(words[count == 6 ? 3 : 4]);
    uint64_t *bytes = malloc(size + 16);
    if (!bytes) fail("malloc");
    for (size_t word = 0; word < size / 8 + 2; word++) bytes[word] = draw();
    if (count == 5) {
        for (long index = 0; index < files; index += atol(words[3])) {
            for (size_t word = 0; word < size / 8; word++) bytes[word] = draw();
            write_file(folder, index, size, bytes);
        }
        return 0;
    }
    int is_paced = !strcmp(words[4], "pace");
    long written = 0;
    for (long round = 0; now() - begin < seconds; round++) {
        for (long index = 0; index < files; index++, written++) write_file(folder, index, size, bytes);
        while (is_paced && now() - begin < (double)(round + 1)) usleep(1000);
    }
    printf("%.0f\n", (double)written / (now() - begin));
    return 0;
}
