// SPDX-License-Identifier: Apache-2.0
// A keeper in this process serves what the input says: requests of every kind and length, with descriptors of every
// kind, from several clients. After each input every container and client goes, and with them every descriptor.
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#define main keeper_main
#include "../../Sources/martlet-keeper/main.c"
#undef main
// It must not replace this process.
#define syscall(...) (errno = ENOEXEC, -1L)
#include "../../Sources/martlet-keeper/reexec.c"
#undef syscall

#include <dirent.h>
#include <sys/wait.h>

#define CLIENTS 3

static int sockets[CLIENTS], usual;

// A process that symbolizes would be a child, and have descriptors, that are none of ours.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "symbolize=0:detect_leaks=0"; }

static void demand(int condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "protocol: %s\n", what);
    abort();
}

static int open_descriptors(void) {
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(folder)) count++;
    closedir(folder);
    return count;
}

static void show_descriptors(void) {
    for (int fd = 0; fd < 1024; fd++) {
        char path[32], target[128];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target);
        if (length > 0) fprintf(stderr, "%d: %.*s\n", fd, (int)length, target);
    }
}

// A child in no namespace of its own that ends at once, or cannot begin: `odd` takes one byte of it away.
static int program_file(int odd) {
    struct {
        struct martlet_launch_header header;
        struct martlet_launch_op ops[3];
        char clone[8], path[16];
    } program = {
        .header = {MARTLET_LAUNCH_MAGIC, MARTLET_LAUNCH_VERSION, 0, sizeof program, 3},
        .ops = {{.code = MARTLET_OP_CLONE, .a = -1, .b = -1, .c = -1, .text_length = 1, .more_length = 1},
                {.code = MARTLET_OP_GATE, .side = MARTLET_CONTAINER, .a = -1, .b = -1, .c = -1},
                {.code = MARTLET_OP_EXEC, .side = MARTLET_CONTAINER, .a = -1, .b = -1, .c = -1, .text_length = 10, .x = 1}},
        .path = "/bin/true",
    };
    program.ops[0].text = program.ops[0].more = (uint32_t)((char *)program.clone - (char *)&program);
    program.ops[2].text = (uint32_t)((char *)program.path - (char *)&program);
    if (odd == 1) program.path[5] = 'x'; // is not there
    if (odd > 1) ((char *)&program)[(unsigned)odd % sizeof program] ^= (char)odd;
    int file = memfd_create("program", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    demand(write(file, &program, sizeof program) == sizeof program, "write");
    if (odd != 2) fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
    return file;
}

static int some_file(unsigned char kind) {
    switch (kind % 6) {
    case 0: return program_file(0);
    case 1: return open("/dev/null", O_RDWR | O_CLOEXEC);
    case 2: return epoll_create1(EPOLL_CLOEXEC);
    case 3: return memfd_create("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    case 4: return open("/", O_PATH | O_CLOEXEC);
    default: return program_file(kind);
    }
}

// What clients were told is thrown away.
static void read_all(void) {
    char text[512];
    int fds[32];
    for (int i = 0; i < CLIENTS; i++)
        for (;;) {
            size_t count = 32;
            if (martlet_receive_descriptors(sockets[i], text, sizeof text, fds, &count, MSG_DONTWAIT) <= 0)
                break;
            for (size_t n = 0; n < count; n++) close(fds[n]);
        }
}

// Everything that has happened is served.
static void serve_all(int wait) {
    struct epoll_event events[64];
    int ready;
    while ((ready = epoll_wait(keeper.epoll, events, 64, wait)) > 0) {
        for (int i = 0; i < ready; i++) dispatch(events[i].data.u64);
        wait = 0;
        read_all();
    }
    read_all();
    if (store_waits()) store_again();
}

static void connect_client(int i) {
    int pair[2];
    demand(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0, "socketpair");
    sockets[i] = pair[0];
    for (int place = 0; place < MAX_CLIENTS; place++) {
        if (keeper.clients[place].fd >= 0) continue;
        fcntl(pair[1], F_SETFL, O_NONBLOCK);
        keeper.clients[place] = (struct client){.fd = pair[1], .generation = ++keeper.generation};
        demand(watch(pair[1], WATCH_CLIENT, place) == 0, "epoll_ctl");
        return;
    }
    close(pair[1]); // the table is full
}

// A descriptor store that reads at once, in a process of its own that ends with this one and is not its child.
static void start_store(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "martlet-fuzz-%d", getpid());
    char path[64], text[512];
    snprintf(path, sizeof path, "@%s", name.sun_path + 1);
    setenv("NOTIFY_SOCKET", path, 1);
    int store = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), alive[2];
    demand(bind(store, (struct sockaddr *)&name, (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)length)) == 0, "bind");
    demand(pipe2(alive, O_CLOEXEC) == 0, "pipe");
    if (fork() == 0) {
        if (fork() > 0) _exit(0);
        close(alive[1]);
        struct pollfd watched[2] = {{.fd = store, .events = POLLIN}, {.fd = alive[0]}};
        int fds[32];
        while (poll(watched, 2, -1) > 0 && !watched[1].revents) {
            size_t count = 32;
            if (martlet_receive_descriptors(store, text, sizeof text, fds, &count, 0) < 0) continue;
            for (size_t n = 0; n < count; n++) close(fds[n]);
        }
        _exit(0);
    }
    while (waitpid(-1, NULL, 0) > 0) {}
    close(store), close(alive[0]);
}

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    keeper.arguments = *arguments;
    keeper.listener = keeper.lock = keeper.spare = keeper.runtime = -1;
    for (int i = 0; i < MAX_CLIENTS; i++) keeper.clients[i].fd = -1;
    getrlimit(RLIMIT_NOFILE, &keeper.files);
    keeper.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    keeper.epoll = epoll_create1(EPOLL_CLOEXEC);
    demand(share_progress() == 0 && watch(keeper.signals, WATCH_SIGNALS, 0) == 0, "begin");
    start_store();
    for (int i = 0; i < CLIENTS; i++) connect_client(i);
    return 0;
}

static void begin_anew(void) {
    keeper.stopping = 1; // as SIGTERM has it
    kill_all();
    for (int i = 0; i < CLIENTS; i++) close(sockets[i]);
    for (int n = 0; n < 2000 && live_containers() > 0; n++) serve_all(10);
    demand(live_containers() == 0, "a container does not end");
    while (waitpid(-1, NULL, 0) > 0) {} // children that belong to no container any more; they had our ends of sockets
    serve_all(0);
    for (int i = 0; i < MARTLET_KEEPER_CONTAINERS && keeper.high_container > 0; i++)
        if (keeper.containers[i].name[0]) forget(keeper.containers + i);
    for (int i = 0; i < MAX_PARKED && keeper.high_parked > 0; i++)
        if (keeper.parked[i].name[0]) unpark(keeper.parked + i);
    demand(keeper.high_container == 0 && keeper.high_parked == 0, "the tables do not empty");
    for (int i = 0; i < MAX_CLIENTS; i++) demand(keeper.clients[i].fd < 0, "a client that is gone stays");
    keeper.stopping = 0;
    for (int i = 0; i < CLIENTS; i++) connect_client(i);
    while (store_waits()) serve_all(0);
    serve_all(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!usual) usual = open_descriptors();
    size_t at = 0;
    // A message: client, kind, name, length, descriptors, then what each is; the value and odd kinds from the bytes.
    for (int messages = 0; messages < 24 && size - at >= 5; messages++) {
        const uint8_t *head = data + at;
        at += 5;
        struct martlet_request request = {.serial = (uint32_t)messages, .kind = head[1] % 16, .value = head[1]};
        // Few names, so that requests meet each other's containers.
        request.name[0] = (char)('a' + head[2] % 4);
        if (head[2] >= 0xf0) memset(request.name, head[2] == 0xff ? 0 : head[2] == 0xfe ? '/' : head[2] - 0xf0, sizeof request.name);
        size_t length = head[3] < 0xe0 ? sizeof request : head[3] % 32 * 4, count = head[4] % 8;
        if (head[4] == 0xff) count = 230;
        int fds[256];
        for (size_t i = 0; i < count; i++) fds[i] = some_file(count < 8 && at < size ? data[at++] : 1);
        char bytes[128] = {0}; // of which a request is 112
        memcpy(bytes, &request, sizeof request);
        martlet_send_descriptors(sockets[head[0] % CLIENTS], bytes, length, fds, count);
        for (size_t i = 0; i < count; i++) close(fds[i]);
        if (head[0] & 0x80) continue; // several at once
        serve_all(head[0] & 0x40 ? 2 : 0);
        if (keeper.stopping == 2) keeper.stopping = 0;
    }
    serve_all(0);
    begin_anew();
    int now = open_descriptors();
    if (now != usual) {
        fprintf(stderr, "%d descriptors, %d before\n", now, usual);
        show_descriptors();
    }
    demand(now == usual, "descriptors are left");
    return 0;
}
