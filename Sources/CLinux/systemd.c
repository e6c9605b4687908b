// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DESTINATION "org.freedesktop.systemd1"
#define PLACE "/org/freedesktop/systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define PATIENCE_SECONDS 30

// sd-bus(3), by hand: its headers need not be there to build, nor the library to run.
struct bus_error { const char *name, *message; int need_free; };
static struct {
    int (*open_system)(void **);
    int (*new)(void **);
    int (*set_address)(void *, const char *);
    int (*start)(void *);
    void *(*unref)(void *);
    int (*process)(void *, void **);
    int (*wait)(void *, uint64_t);
    int (*call)(void *, void *, uint64_t, struct bus_error *, void **);
    int (*call_method)(void *, const char *, const char *, const char *, const char *, struct bus_error *, void **, const char *, ...);
    int (*match_signal)(void *, void **, const char *, const char *, const char *, const char *,
                        int (*)(void *, void *, struct bus_error *), void *);
    int (*message_new)(void *, void **, const char *, const char *, const char *, const char *);
    int (*append)(void *, const char *, ...);
    int (*append_array)(void *, char, const void *, size_t);
    int (*open)(void *, char, const char *);
    int (*close)(void *);
    int (*read)(void *, const char *, ...);
    void *(*message_unref)(void *);
    void (*error_free)(struct bus_error *);
} sd;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *missing;

static void load_library(void) {
    void *library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) { missing = "libsystemd.so.0"; return; }
    const struct { void *place; const char *name; } functions[] = {
        {&sd.open_system, "sd_bus_open_system"}, {&sd.new, "sd_bus_new"}, {&sd.set_address, "sd_bus_set_address"},
        {&sd.start, "sd_bus_start"}, {&sd.unref, "sd_bus_flush_close_unref"}, {&sd.process, "sd_bus_process"},
        {&sd.wait, "sd_bus_wait"}, {&sd.call, "sd_bus_call"}, {&sd.call_method, "sd_bus_call_method"},
        {&sd.match_signal, "sd_bus_match_signal"}, {&sd.message_new, "sd_bus_message_new_method_call"},
        {&sd.append, "sd_bus_message_append"}, {&sd.append_array, "sd_bus_message_append_array"},
        {&sd.open, "sd_bus_message_open_container"}, {&sd.close, "sd_bus_message_close_container"},
        {&sd.read, "sd_bus_message_read"}, {&sd.message_unref, "sd_bus_message_unref"},
        {&sd.error_free, "sd_bus_error_free"},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions && !missing; i++) {
        void *function = dlsym(library, functions[i].name);
        if (function) memcpy(functions[i].place, &function, sizeof function);
        else missing = functions[i].name;
    }
}

static int fail(int result, struct bus_error *error, char *text, size_t size) {
    if (error->message) snprintf(text, size, "%s", error->message);
    else snprintf(text, size, "%s", strerror(-result));
    sd.error_free(error);
    return result;
}

// The bus, or systemd's own socket, which root may use where no bus runs.
static int connect_bus(void **bus, char *text, size_t size) {
    if (access("/run/systemd/system", F_OK) < 0) {  // sd_booted(3)
        snprintf(text, size, "systemd is not this host's init: use a plain path of a group");
        return -ENOSYS;
    }
    pthread_once(&once, load_library);
    if (missing) {
        snprintf(text, size, "%s cannot be loaded: install libsystemd0", missing);
        return -ENOSYS;
    }
    int result = sd.open_system(bus);
    if (result >= 0) return 0;
    if (sd.new(bus) < 0) return -ENOMEM;
    if (sd.set_address(*bus, "unix:path=/run/systemd/private") >= 0 && sd.start(*bus) >= 0) return 0;
    sd.unref(*bus);
    snprintf(text, size, "no connection to the system bus: %s", strerror(-result));
    return result;
}

// --- Jobs -----------------------------------------------------------------------------------------------------

// Jobs may end before the call that made one has told its name: all that end are kept, up to a bound.
struct jobs { size_t count; struct { char path[128], result[24]; } ended[32]; };

static int job_removed(void *message, void *place, struct bus_error *error) {
    struct jobs *jobs = place;
    uint32_t id;
    const char *path, *unit, *result;
    if (sd.read(message, "uoss", &id, &path, &unit, &result) < 0) return 0;
    size_t at = jobs->count++ % (sizeof jobs->ended / sizeof *jobs->ended);
    snprintf(jobs->ended[at].path, sizeof jobs->ended[at].path, "%s", path);
    snprintf(jobs->ended[at].result, sizeof jobs->ended[at].result, "%s", result);
    return 0;
}

static int await_job(void *bus, struct jobs *jobs, const char *path, char *text, size_t size) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (time_t end = now.tv_sec + PATIENCE_SECONDS; now.tv_sec < end; clock_gettime(CLOCK_MONOTONIC, &now)) {
        for (size_t i = 0; i < jobs->count && i < sizeof jobs->ended / sizeof *jobs->ended; i++) {
            if (strcmp(jobs->ended[i].path, path) != 0) continue;
            if (strcmp(jobs->ended[i].result, "done") == 0) return 0;
            snprintf(text, size, "the job ended as %s: see the journal of the unit", jobs->ended[i].result);
            return -EIO;
        }
        int result = sd.process(bus, NULL);
        if (result == 0) result = sd.wait(bus, 1000000);
        if (result < 0 && result != -EINTR) { snprintf(text, size, "%s", strerror(-result)); return result; }
    }
    snprintf(text, size, "systemd did not finish the job in %d seconds", PATIENCE_SECONDS);
    return -ETIMEDOUT;
}

// Signals come to who has subscribed; a connection to systemd's own socket has by being there.
static int watch_jobs(void *bus, struct jobs *jobs, char *text, size_t size) {
    jobs->count = 0;
    struct bus_error error = {0};
    int result = sd.match_signal(bus, NULL, NULL, PLACE, MANAGER, "JobRemoved", job_removed, jobs);
    if (result < 0) return fail(result, &error, text, size);
    if (sd.call_method(bus, DESTINATION, PLACE, MANAGER, "Subscribe", &error, NULL, "") < 0) sd.error_free(&error);
    return 0;
}

// --- Calls ------------------------------------------------------------------------------------------------------

static int append_properties(void *message, const struct martlet_unit_property *properties, size_t count) {
    int result = sd.open(message, 'a', "(sv)");
    for (size_t i = 0; i < count && result >= 0; i++) {
        const struct martlet_unit_property *property = properties + i;
        switch (property->type) {
        case 's': result = sd.append(message, "(sv)", property->name, "s", property->text); break;
        case 'b': result = sd.append(message, "(sv)", property->name, "b", (int)property->number); break;
        case 't': result = sd.append(message, "(sv)", property->name, "t", property->number); break;
        case 'y': case 'u': {
            const char type[] = {'a', property->type, 0};
            if ((result = sd.open(message, 'r', "sv")) < 0) break;
            if ((result = sd.append(message, "s", property->name)) < 0) break;
            if ((result = sd.open(message, 'v', type)) < 0) break;
            if ((result = sd.append_array(message, property->type, property->bytes, property->length)) < 0) break;
            if ((result = sd.close(message)) < 0) break;
            result = sd.close(message);
            break;
        }
        default: result = -EINVAL;
        }
    }
    return result < 0 ? result : sd.close(message);
}

static void reset_failed(void *bus, const char *unit) {
    struct bus_error error = {0};
    if (sd.call_method(bus, DESTINATION, PLACE, MANAGER, "ResetFailedUnit", &error, NULL, "s", unit) < 0) sd.error_free(&error);
}

static int call_start(void *bus, const char *unit, const struct martlet_unit_property *properties, size_t count,
                      struct bus_error *error, char *job, size_t size) {
    void *message = NULL, *reply = NULL;
    int result = sd.message_new(bus, &message, DESTINATION, PLACE, MANAGER, "StartTransientUnit");
    if (result >= 0) result = sd.append(message, "ss", unit, "replace");
    if (result >= 0) result = append_properties(message, properties, count);
    if (result >= 0) result = sd.append(message, "a(sa(sv))", 0);
    if (result >= 0) result = sd.call(bus, message, 0, error, &reply);
    const char *path = NULL;
    if (result >= 0) result = sd.read(reply, "o", &path);
    if (result >= 0) snprintf(job, size, "%s", path);
    sd.message_unref(message);
    sd.message_unref(reply);
    return result;
}

int martlet_systemd_start(const char *unit, const struct martlet_unit_property *properties, size_t count, char *text, size_t size) {
    void *bus = NULL;
    int result = connect_bus(&bus, text, size);
    if (result < 0) return result;
    struct jobs jobs;
    struct bus_error error = {0};
    char job[128];
    if ((result = watch_jobs(bus, &jobs, text, size)) == 0) {
        result = call_start(bus, unit, properties, count, &error, job, sizeof job);
        if (result < 0 && error.name && strstr(error.name, "UnitExists")) {
            // It may be there only because it failed.
            sd.error_free(&error);
            reset_failed(bus, unit);
            result = call_start(bus, unit, properties, count, &error, job, sizeof job);
        }
        result = result < 0 ? fail(result, &error, text, size) : await_job(bus, &jobs, job, text, size);
    }
    sd.unref(bus);
    return result;
}

int martlet_systemd_set(const char *unit, const struct martlet_unit_property *properties, size_t count, char *text, size_t size) {
    void *bus = NULL, *message = NULL;
    int result = connect_bus(&bus, text, size);
    if (result < 0) return result;
    struct bus_error error = {0};
    result = sd.message_new(bus, &message, DESTINATION, PLACE, MANAGER, "SetUnitProperties");
    if (result >= 0) result = sd.append(message, "sb", unit, 1);  // until the next boot, as the unit itself
    if (result >= 0) result = append_properties(message, properties, count);
    if (result >= 0) result = sd.call(bus, message, 0, &error, NULL);
    if (result < 0) fail(result, &error, text, size);
    sd.message_unref(message);
    sd.unref(bus);
    return result < 0 ? result : 0;
}

int martlet_systemd_stop(const char *unit, char *text, size_t size) {
    void *bus = NULL, *reply = NULL;
    int result = connect_bus(&bus, text, size);
    if (result < 0) return result;
    struct jobs jobs;
    struct bus_error error = {0};
    const char *job = NULL;
    if ((result = watch_jobs(bus, &jobs, text, size)) == 0) {
        result = sd.call_method(bus, DESTINATION, PLACE, MANAGER, "StopUnit", &error, &reply, "ss", unit, "replace");
        if (result >= 0) result = sd.read(reply, "o", &job);
        if (result >= 0) result = await_job(bus, &jobs, job, text, size);
        else if (error.name && strstr(error.name, "NoSuchUnit")) result = 0, sd.error_free(&error);
        else result = fail(result, &error, text, size);
        reset_failed(bus, unit);
    }
    sd.message_unref(reply);
    sd.unref(bus);
    return result;
}

int martlet_systemd_register(const char *name, const uint8_t id[16], pid_t leader, char *text, size_t size) {
    void *bus = NULL, *message = NULL;
    int result = connect_bus(&bus, text, size);
    if (result < 0) return result;
    struct bus_error error = {0};
    result = sd.message_new(bus, &message, "org.freedesktop.machine1", "/org/freedesktop/machine1",
                            "org.freedesktop.machine1.Manager", "RegisterMachine");
    if (result >= 0) result = sd.append(message, "s", name);
    if (result >= 0) result = sd.append_array(message, 'y', id, 16);
    if (result >= 0) result = sd.append(message, "ssus", "martlet", "container", (uint32_t)leader, "");
    if (result >= 0) result = sd.call(bus, message, 0, &error, NULL);
    if (result < 0) fail(result, &error, text, size);
    sd.message_unref(message);
    sd.unref(bus);
    return result < 0 ? result : 0;
}

// Without fork(3): of this process's threads only the caller is there afterwards, so the child makes nothing but
// system calls.
pid_t martlet_start_holder(void) {
    pid_t parent = getpid(), pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid != 0) return pid;
    syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    syscall(SYS_close_range, 0u, ~0u, 0u);
    if (syscall(SYS_getppid) != parent) syscall(SYS_exit_group, 0);
    for (;;) syscall(SYS_pause);
}
