// SPDX-License-Identifier: Apache-2.0
// The keeper's protocol: SOCK_SEQPACKET, one message a request, descriptors as SCM_RIGHTS.
#ifndef MARTLET_KEEPER_H
#define MARTLET_KEEPER_H

#include <stdint.h>

#define MARTLET_KEEPER_VERSION 1
#define MARTLET_KEEPER_CONTAINERS 4096
#define MARTLET_KEEPER_NAME 96 // bytes of an id or a parked name, NUL included

enum martlet_request_kind {
    MARTLET_HELLO = 1, // value: protocol version; answered by the keeper's own version and pid
    MARTLET_PREPARE,   // descriptors: program, inputs...; answered with pid and pidfd, exports...
    MARTLET_RELEASE,   // answered once exec happened or failed
    MARTLET_ABORT,     // kills a container that is prepared; answered at once
    MARTLET_LIST,      // one MARTLET_ENTRY reply each, then the answer
    MARTLET_ACK,       // forget an exited container
    MARTLET_PARK,      // descriptor: kept under the name; replaces
    MARTLET_TAKE,      // answered with a copy of the parked descriptor
    MARTLET_UNPARK,    // forget a parked descriptor
    MARTLET_PARKED,    // one MARTLET_ENTRY reply for each parked name, then the answer
    MARTLET_REEXEC,    // descriptor (optional): the new program; no answer, the connection ends
    MARTLET_STORE,     // send every descriptor to the descriptor store again
    MARTLET_QUIT,      // end, if there is no live container
};

enum martlet_reply_kind {
    MARTLET_ANSWER = 1,
    MARTLET_ENTRY = 2,
    MARTLET_EXIT = 3, // an event, serial 0: a container ended
};

enum martlet_state {
    MARTLET_PREPARING = 1,
    MARTLET_PREPARED,
    MARTLET_RELEASING,
    MARTLET_RUNNING,
    MARTLET_EXITED,
};

#define MARTLET_STATUS_UNKNOWN (-1) // the status could not be learned; it is never invented

struct martlet_request {
    uint32_t serial;
    uint16_t kind;
    uint16_t reserved;
    uint64_t value;
    char name[MARTLET_KEEPER_NAME];
};

struct martlet_reply {
    uint32_t serial;
    uint16_t kind;
    uint16_t state;
    int32_t error;  // errno, or 0
    int32_t op;     // the failed operation of the launch program, or -1
    int32_t pid;
    int32_t status; // exit code, or 128 + signal, or MARTLET_STATUS_UNKNOWN
    uint64_t value;
    char name[MARTLET_KEEPER_NAME];
};

#endif
