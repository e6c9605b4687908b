// SPDX-License-Identifier: Apache-2.0
// What the keeper keeps: a fixed table of containers and one of parked descriptors. Nothing is allocated.
#ifndef MARTLET_KEEPER_INTERNAL_H
#define MARTLET_KEEPER_INTERNAL_H

#include "calls.h"
#include "keeper.h"
#include "launch.h"

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#define MAX_CLIENTS 32
#define MAX_PARKED (MARTLET_KEEPER_CONTAINERS * 6) // two streams of three pipes each

struct container {
    char name[MARTLET_KEEPER_NAME]; // empty: a free place
    int32_t state;                  // enum martlet_state
    int32_t pid;
    int32_t stage;
    int32_t pidfd;   // stored beyond our own life, until the exit is acknowledged
    int32_t report;  // the stage's socket while preparing
    int32_t control; // the child's socket until exec
    int32_t status;
    int32_t client;      // who waits for the answer, or -1
    uint32_t generation; // of that client's connection
    uint32_t serial;
    int32_t adopted;  // not our child: watched by pidfd
    int32_t deadline; // ms, odd, when an adopted exit is called unknown; 0: it has not ended
};

struct parked {
    char name[MARTLET_KEEPER_NAME];
    int32_t fd;
};

struct client {
    int fd; // -1: a free place
    uint32_t generation;
    uid_t uid;
};

struct keeper {
    struct container containers[MARTLET_KEEPER_CONTAINERS];
    struct parked parked[MAX_PARKED];
    struct client clients[MAX_CLIENTS];
    struct martlet_progress *progress; // of each container's launch, shared with its stage and child
    int high_container, high_parked; // places in use lie below these
    int listener, lock, epoll, signals, runtime;
    int spare;           // given up to turn a client away when descriptors run out
    struct rlimit files; // as we were started with, for containers
    uint32_t generation;
    int dying;    // adopted containers whose exit status is being looked for
    int stopping; // SIGTERM came
    char **arguments;
};

extern struct keeper keeper;

/// A line on standard error, with errno's text.
void complain(const char *what, const char *subject);

// containers.c
/// Maps a sealed, validated program; NULL with *error and *op otherwise.
int share_progress(void);
const void *map_program(int fd, size_t *size, int *error, int *op);
struct container *find_container(const char *name);
void prepare(int client, const struct martlet_request *request, int *fds, size_t count);
void release(int client, const struct martlet_request *request);
void abort_container(int client, const struct martlet_request *request);
void stage_reported(struct container *container);
void control_readable(struct container *container);
void reap(void);
void look_for_exits(void);
void pidfd_readable(struct container *container);
void forget(struct container *container);
void fill_entry(struct martlet_reply *reply, const struct container *container);
int live_containers(void);
void kill_all(void);

// parking.c
void tell_manager(const char *text);
void store_descriptor(const char *kind, const char *name, int fd);
void unstore_descriptor(const char *kind, const char *name);
void store_everything(void);
int store_waits(void);
void store_again(void);
int park(const char *name, int fd);
struct parked *find_parked(const char *name);
void unpark(struct parked *place);
int adopt_stored(void);

// protocol.c
enum watched { WATCH_LISTENER = 1, WATCH_SIGNALS, WATCH_CLIENT, WATCH_REPORT, WATCH_CONTROL, WATCH_PIDFD };
int watch(int fd, enum watched kind, int index);
void unwatch(int fd);
void accept_client(void);
void serve_client(int index);
void answer(int client, uint32_t generation, const struct martlet_reply *reply, const int *fds, size_t count);
void announce_exit(const struct container *container);

// reexec.c
void seal_self(char **arguments);
int resume_state(int state_fd);
void reexec(int program);

#endif
