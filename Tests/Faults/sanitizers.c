// SPDX-License-Identifier: Apache-2.0
// What the sanitizers find in a keeper, its stages and their children goes into a file that is mapped before any
// of them lets go of the host's root, its descriptors and its environment.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROOM 65536

void __sanitizer_set_death_callback(void (*callback)(void));
void __asan_set_error_report_callback(void (*callback)(const char *));
const char *__asan_default_options(void);

char *martlet_reports; // text of the last one

// Nothing is ever freed: there is no heap.
const char *__asan_default_options(void) { return "detect_leaks=0:symbolize=0:exitcode=99:detect_stack_use_after_return=1"; }

static void keep_report(const char *text) {
    if (martlet_reports) snprintf(martlet_reports, ROOM, "%s", text);
}

static void note_death(void) {
    if (martlet_reports && !*martlet_reports) keep_report("a sanitizer ended the process: see its standard error\n");
}

__attribute__((constructor)) static void map_reports(void) {
    int file = open(MARTLET_REPORTS, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, ROOM) < 0) _exit(98);
    void *room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (room == MAP_FAILED) _exit(98);
    martlet_reports = room;
    __asan_set_error_report_callback(keep_report);
    __sanitizer_set_death_callback(note_death);
}
