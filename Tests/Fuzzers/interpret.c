// SPDX-License-Identifier: Apache-2.0
// Programs that are valid but odd are run as the keeper would run them, in namespaces where root is nobody: whatever
// they do to themselves, the stage and the child neither crash nor touch memory that is not theirs.
//
//   interpret SECONDS [SEED]      stops at the first crash and names its seed
#include "machine.h"

#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define MAX_OPS 44
#define DATA 8192
#define INPUTS 8
#define NOBODY 1879113728 // an id of the host that nobody has

extern char *martlet_reports;
static uint64_t state;

static uint32_t some(uint32_t below) { // SplitMix64
    uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return (uint32_t)((mixed ^ (mixed >> 31)) % below);
}

// --- a program -------------------------------------------------------------------------------------------------------

static struct {
    struct martlet_launch_header header;
    struct martlet_launch_op ops[MAX_OPS];
} head;
static _Alignas(8) char data[DATA], program[sizeof head + DATA];
static uint32_t data_length;

static const char *const words[] = {
    "", ".", "..", "/", "a", "b", "a/b/c", "../../../../a", "/a", "link", "link/x", "dangling", "loop", "proc", "proc/self/fd",
    "dev/null", "file", "file/x", "tmpfs", "proc", "sysfs", "mqueue", "devpts", "overlay", "nosuchfs", "mode", "0755", "size", "1m",
    "source", "lowerdir+", "upperdir", "workdir", "volatile", "user", "mnt", "net", "pid", "time", "oom_score_adj", "500",
    "0 0 1\n", "0 0 4294967295\n", "setgroups", "deny", "uid_map", "self/attr/current", "attr/apparmor/exec", "exec x",
    "sys/kernel/hostname", "null", "a name that is much longer than what any name space or host name may be called by the kernel",
};

static void put_data(uint32_t *at, uint32_t *length, const void *bytes, uint32_t count) {
    data_length = (data_length + 7) & ~7U;
    if (count > DATA - data_length) count = 0;
    memcpy(data + data_length, bytes, count);
    *at = (uint32_t)(sizeof head.header + head.header.op_count * sizeof *head.ops) + data_length; // moved at the end
    *length = count;
    data_length += count;
}

static void put_word(uint32_t *at, uint32_t *length) {
    char text[4200];
    const char *word = words[some(sizeof words / sizeof *words)];
    if (some(60) == 0) { // long, in many parts or one
        memset(text, 'x', sizeof text);
        for (size_t i = some(3); i < sizeof text && some(2); i += 2) text[i] = '/';
        text[some(2) ? 300 : 4097] = 0;
        word = text;
    }
    put_data(at, length, word, (uint32_t)strlen(word) + 1);
}

static void put_noise(uint32_t *at, uint32_t *length, uint32_t count) {
    unsigned char bytes[512];
    if (count > sizeof bytes) count = sizeof bytes;
    for (uint32_t i = 0; i < count; i++) bytes[i] = some(2) ? (unsigned char)some(256) : 0;
    put_data(at, length, bytes, count);
}

static void put_slots(uint32_t *at, uint32_t *length, int most) {
    uint16_t list[16];
    uint32_t count = some(4);
    for (uint32_t i = 0; i < count; i++) list[i] = (uint16_t)some((uint32_t)most + 1);
    put_data(at, length, list, count * 2);
}

static uint32_t put_strings(uint32_t *at, uint32_t *length, uint32_t most) {
    char text[256];
    uint32_t count = some(most + 1), used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *word = i ? words[some(18)] : some(2) ? "/bin/none" : "none";
        size_t size = strlen(word) + 1;
        memcpy(text + used, word, size);
        used += (uint32_t)size;
    }
    put_data(at, length, text, used);
    return *length == used ? count : 0;
}

static uint64_t some_number(void) {
    switch (some(6)) {
    case 0: return 0;
    case 1: return 1ULL << some(64);
    case 2: return some(65536);
    case 3: return UINT64_MAX;
    case 4: return (uint64_t)some(UINT_MAX) << 32 | some(UINT_MAX);
    default: return 1ULL << some(32) | 1ULL << some(32);
    }
}

// Slots are filled in order; most operations read one that is filled.
static void make_op(struct martlet_launch_op *op, int side, int16_t *next) {
    static const uint64_t resolve[] = {0x10, 0x12, 0x08, 0x0c, 0};
    op->side = (uint16_t)side;
    op->code = (uint16_t)(1 + some(MARTLET_OP_LIMIT - 1));
    op->a = (int16_t)some((uint32_t)*next);
    op->b = op->c = -1;
    switch (op->code) {
    case MARTLET_OP_ROOT: case MARTLET_OP_FSOPEN: case MARTLET_OP_NAMESPACE: op->a = -1; // fall through
    case MARTLET_OP_TREE: case MARTLET_OP_FSMOUNT: case MARTLET_OP_OPEN: case MARTLET_OP_TARGET: case MARTLET_OP_CONSOLE:
        op->b = (*next)++;
        break;
    case MARTLET_OP_SECCOMP: if (some(8) == 0) op->b = (*next)++; break;
    default: op->b = (int16_t)some((uint32_t)*next);
    }
    if (op->code == MARTLET_OP_STDIO || op->code == MARTLET_OP_CONSOLE) op->c = (int16_t)some((uint32_t)*next);
    if (op->code == MARTLET_OP_SETATTR && some(2)) op->c = 1;
    op->x = some(3) ? some_number() : some(8);
    op->y = some_number();
    switch (op->code) {
    case MARTLET_OP_TREE: if (some(4)) op->x = some(2) ? 1 : 1 | AT_EMPTY_PATH; break;
    case MARTLET_OP_TARGET: op->x = some(2); // fall through
    case MARTLET_OP_MASK: case MARTLET_OP_READONLY: if (some(4)) op->y = resolve[some(5)]; break;
    case MARTLET_OP_OPEN: if (some(4)) op->x = some(2) ? O_PATH : O_RDONLY | O_DIRECTORY, op->y = resolve[some(5)]; break;
    case MARTLET_OP_SETATTR: if (some(4)) op->x = some(64), op->y = some(2) ? MS_PRIVATE : MS_SLAVE; break;
    case MARTLET_OP_FSMOUNT: if (some(4)) op->x = some(16); break;
    case MARTLET_OP_BECOME: case MARTLET_OP_OWNER: if (some(2)) op->x = op->y = 0; break;
    case MARTLET_OP_HOOK: op->time = 1 + some(20); break;
    case MARTLET_OP_SECCOMP: op->x = op->b >= 0 ? 8 : some(4) ? 0 : op->x & ~8ULL; break;
    default: break;
    }
    uint32_t *text = &op->text, *length = &op->text_length, *more = &op->more, *more_length = &op->more_length;
    switch (op->code) {
    case MARTLET_OP_ROOT: case MARTLET_OP_SETATTR: case MARTLET_OP_FSMOUNT: case MARTLET_OP_MOVE: case MARTLET_OP_FCHDIR:
    case MARTLET_OP_ENTER: case MARTLET_OP_CGROUP: case MARTLET_OP_COPYUP: case MARTLET_OP_UNSHARE:
    case MARTLET_OP_JOIN: case MARTLET_OP_PIVOT: case MARTLET_OP_NO_NEW_PRIVS: case MARTLET_OP_KEYRING: case MARTLET_OP_UMASK:
    case MARTLET_OP_SETSID: case MARTLET_OP_TERMINAL: case MARTLET_OP_STDIO: case MARTLET_OP_IOPRIO: case MARTLET_OP_PERSONALITY:
    case MARTLET_OP_LOOKUP: case MARTLET_OP_WAIT: case MARTLET_OP_INIT: case MARTLET_OP_RECEIVE: case MARTLET_OP_GATE: break;
    case MARTLET_OP_HANDOVER: case MARTLET_OP_EXPORT: case MARTLET_OP_KEEP: put_slots(text, length, *next); break;
    case MARTLET_OP_SYNC: put_data(text, length, "", 0); break;
    case MARTLET_OP_BECOME: put_noise(text, length, 4 * some(9)); break;
    case MARTLET_OP_RLIMIT: put_noise(text, length, 16); break;
    case MARTLET_OP_CAPS: put_noise(text, length, 40); break;
    case MARTLET_OP_SECCOMP: {
        // One that allows everything, or noise: what refuses calls would refuse them to the sanitizers.
        uint64_t filter = 0x7fff000000000006;
        if (some(3)) put_data(text, length, &filter, sizeof filter);
        else put_noise(text, length, 8 * (1 + some(8)));
        break;
    }
    case MARTLET_OP_SCHEDULER: {
        uint32_t attributes[14] = {56, some(8), 0, 0, some(40)};
        put_data(text, length, attributes, sizeof attributes);
        break;
    }
    case MARTLET_OP_AFFINITY: put_noise(text, length, 1 + some(128)); break;
    case MARTLET_OP_HOOK:
        op->x = put_strings(text, length, 4);
        op->y = put_strings(more, more_length, 3);
        break;
    case MARTLET_OP_FSSTRING: case MARTLET_OP_SYMLINK: put_word(text, length); put_word(more, more_length); break;
    case MARTLET_OP_FILE: case MARTLET_OP_WRITE: case MARTLET_OP_PROC: case MARTLET_OP_LABEL:
        put_word(text, length);
        put_noise(more, more_length, some(300));
        break;
    default: put_word(text, length);
    }
}

// A neutral operation in the place of one that is bad or fails keeps the data where it is, and fills the same slot.
static int replace(uint32_t at, int16_t *next) {
    struct martlet_launch_header *header = (void *)program;
    struct martlet_launch_op *op = (struct martlet_launch_op *)(program + sizeof *header) + at;
    if (at >= header->op_count - 1 || op->code == MARTLET_OP_CLONE || *next >= MARTLET_SLOTS) return 0;
    int fills = op->b >= 0 && op->code != MARTLET_OP_ROOT;
    *op = (struct martlet_launch_op){
        .code = MARTLET_OP_ROOT, .side = op->side, .a = -1, .b = fills ? op->b : (*next)++, .c = -1};
    if (martlet_launch_validate(program, header->size) == (int)at) op->b = (*next)++; // it had only read that slot
    return 1;
}

// A program that the validator takes; false if this one is not.
static int make_program(size_t *size, int16_t *next_slot) {
    memset(&head, 0, sizeof head);
    data_length = 0;
    int16_t next = INPUTS;
    uint32_t count = 0, host = some(14), child = some(22);
    struct martlet_launch_op *ops = head.ops;
    static const uint32_t spaces[] = {CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWIPC};
    uint32_t clone_at = some(host + 1);
    for (uint32_t i = 0; i <= host; i++) {
        struct martlet_launch_op *op = ops + count;
        if (i == clone_at) {
            *op = (struct martlet_launch_op){.code = MARTLET_OP_CLONE, .a = -1, .b = -1, .c = -1};
            for (uint32_t n = some(5); n > 0; n--) op->x |= spaces[some(6)];
            put_data(&op->text, &op->text_length, "0 0 1\n", 7);
            put_data(&op->more, &op->more_length, "0 0 1\n", 7);
            count++;
            continue;
        }
        for (int tries = 0; tries < 20; tries++) { // one that its side knows, as the validator tells below
            int16_t before = next;
            uint32_t length = data_length;
            memset(op, 0, sizeof *op);
            make_op(op, MARTLET_HOST, &next);
            int of_child = op->code >= MARTLET_OP_RECEIVE, late = op->code == MARTLET_OP_NAMESPACE || op->code == MARTLET_OP_CGROUP ||
                           op->code == MARTLET_OP_PROC || op->code == MARTLET_OP_EXPORT;
            int early = op->code == MARTLET_OP_ENTER || op->code == MARTLET_OP_TIME;
            int joins = i > 0 && (op[-1].code == MARTLET_OP_CLONE || op[-1].code == MARTLET_OP_CGROUP);
            if (op->code == MARTLET_OP_CGROUP && !joins) of_child = 1; // it comes directly after the clone
            if (op->code == MARTLET_OP_HANDOVER) of_child = 1;         // it comes at the end
            if (!of_child && op->code != MARTLET_OP_CLONE && (!late || i > clone_at) && (!early || i < clone_at)) { count++; break; }
            next = before;
            data_length = length;
        }
    }
    int handed = (int)some(2);
    if (handed) {
        struct martlet_launch_op *op = ops + count++;
        *op = (struct martlet_launch_op){.code = MARTLET_OP_HANDOVER, .a = -1, .b = -1, .c = -1};
        put_slots(&op->text, &op->text_length, next);
    }
    uint32_t gate_at = handed ? some(child + 1) : 0, receive_at = handed ? some(gate_at + 1) : child + 1;
    for (uint32_t i = 0; i <= child && count < MAX_OPS - 1; i++) {
        int16_t before = next;
        uint32_t length = data_length;
        struct martlet_launch_op *op = ops + count;
        memset(op, 0, sizeof *op);
        if (i == receive_at) {
            *op = (struct martlet_launch_op){.code = MARTLET_OP_RECEIVE, .side = MARTLET_CONTAINER, .a = -1, .b = -1, .c = -1};
            op = ops + ++count;
            memset(op, 0, sizeof *op);
        }
        if (i == gate_at) {
            *op = (struct martlet_launch_op){.code = MARTLET_OP_GATE, .side = MARTLET_CONTAINER, .a = -1, .b = -1, .c = -1};
            count++;
            continue;
        }
        make_op(op, MARTLET_CONTAINER, &next);
        if (op->code == MARTLET_OP_EXEC || (op->code > MARTLET_OP_FCHDIR && op->code < MARTLET_OP_RECEIVE)) {
            next = before;
            data_length = length;
            continue;
        }
        count++;
    }
    struct martlet_launch_op *last = ops + count++;
    *last = (struct martlet_launch_op){.code = MARTLET_OP_EXEC, .side = MARTLET_CONTAINER, .a = -1, .b = -1, .c = -1};
    put_data(&last->text, &last->text_length, "none", 5);
    last->x = 1;
    last->y = put_strings(&last->more, &last->more_length, 3);
    head.header = (struct martlet_launch_header){MARTLET_LAUNCH_MAGIC, MARTLET_LAUNCH_VERSION, INPUTS, 0, count};
    uint32_t start = (uint32_t)(sizeof head.header + count * sizeof *ops), aligned = (start + 7) & ~7U;
    for (uint32_t i = 0; i < count; i++) {
        // put_data counted from the header alone.
        if (ops[i].text_length) ops[i].text += aligned - (uint32_t)sizeof head.header; else ops[i].text = 0;
        if (ops[i].more_length) ops[i].more += aligned - (uint32_t)sizeof head.header; else ops[i].more = 0;
    }
    *size = aligned + data_length;
    head.header.size = (uint32_t)*size;
    memset(program, 0, sizeof program);
    memcpy(program, &head, start);
    memcpy(program + aligned, data, data_length);
    *next_slot = next;
    for (int bad; (bad = martlet_launch_validate(program, *size)) != -1;)
        if (bad < 0 || !replace((uint32_t)bad, next_slot)) return 0;
    return 1;
}

// --- running it ------------------------------------------------------------------------------------------------------

static int open_inputs(int *fds) {
    int ends[2], pair[2];
    if (pipe2(ends, O_CLOEXEC) < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) return -1;
    fds[0] = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    fds[1] = open("/a", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fds[2] = open("/file", O_RDWR | O_CLOEXEC);
    fds[3] = ends[0], fds[4] = ends[1];
    fds[5] = pair[0], fds[6] = pair[1];
    fds[7] = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return write(ends[1], "SSSS", 4) == 4 ? 0 : -1; // WAIT goes on
}

static int is_crash(int status) {
    if (WIFEXITED(status)) return WEXITSTATUS(status) >= 97 && WEXITSTATUS(status) <= 99;
    int signal = WTERMSIG(status);
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE || signal == SIGABRT || signal == SIGTRAP;
}

// -2 after a crash, else the operation that failed, or -1.
static int run(size_t size, struct martlet_progress *progress) {
    int report[2], inputs[INPUTS], fine = 1, status, failed = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report) < 0 || open_inputs(inputs) < 0) _exit(96);
    *progress = (struct martlet_progress){0};
    pid_t stage = fork();
    if (stage == 0) {
        // A program at the end of a page of its own: what reads on from it is seen.
        char *copy = malloc(size);
        memcpy(copy, program, size);
        martlet_launch_stage(copy, inputs, INPUTS, report[1], progress);
    }
    for (int i = 0; i < INPUTS; i++) if (i != 6) close(inputs[i]);
    close(report[1]);
    struct martlet_stage_report told = {.error = 1};
    int fds[2 + MARTLET_MAX_EXPORTS];
    size_t count = 2 + MARTLET_MAX_EXPORTS;
    struct pollfd ready = {.fd = report[0], .events = POLLIN};
    ssize_t length = poll(&ready, 1, 200) == 1 ? martlet_receive_descriptors(report[0], &told, sizeof told, fds, &count, MSG_DONTWAIT) : -1;
    if (length != sizeof told) count = 0;
    else if (told.error) failed = told.op;
    if (count >= 2 && told.error == 0) {
        martlet_send_descriptors(fds[0], "R", 1, NULL, 0);
        for (int answers = 0; answers < 4; answers++) {
            struct martlet_child_failure failure;
            size_t none = 0;
            ready = (struct pollfd){.fd = fds[0], .events = POLLIN};
            if (poll(&ready, 1, 60) != 1) break;
            length = martlet_receive_descriptors(fds[0], &failure, sizeof failure, NULL, &none, MSG_DONTWAIT);
            if (length != sizeof failure) break;
            if (failure.error) { failed = failure.op; break; }
            martlet_send_descriptors(fds[0], "R", 1, NULL, 0);
        }
    }
    for (size_t i = 0; i < count; i++) close(fds[i]);
    close(report[0]);
    close(inputs[6]);
    for (int waited = 0;; waited++) { // for itself; then it is helped
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0) break;
        if (pid > 0) { fine &= !is_crash(status); continue; }
        if (waited > 20) kill(-1, SIGKILL);
        usleep(waited < 5 ? 300 : 2000);
    }
    return fine && !*martlet_reports ? failed : -2;
}

static void write_text(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0) { perror(path); _exit(96); }
    close(file);
}

// Root without rights over the host, in an empty tmpfs.
static void enter_sandbox(void) {
    char map[64];
    snprintf(map, sizeof map, "0 %u 65536\n", NOBODY);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) _exit(96);
    pid_t outside = getpid(), helper = fork();
    if (helper == 0) { // maps that we cannot write ourselves
        char byte, path[64];
        close(ends[1]);
        if (read(ends[0], &byte, 1) != 1) _exit(96);
        snprintf(path, sizeof path, "/proc/%d/uid_map", outside);
        write_text(path, map);
        snprintf(path, sizeof path, "/proc/%d/gid_map", outside);
        write_text(path, map);
        _exit(0);
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) < 0) {
        perror("unshare");
        _exit(96);
    }
    int status;
    if (write(ends[1], "m", 1) != 1 || waitpid(helper, &status, 0) < 0 || status != 0) _exit(96);
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) _exit(96);
}

static void make_world(void) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("world", "/tmp", "tmpfs", 0, "size=8m,nr_inodes=2000") < 0 ||
        chdir("/tmp") < 0 || mkdir("proc", 0755) < 0 || mount("proc", "proc", "proc", 0, NULL) < 0 || mkdir("a", 0755) < 0 ||
        mkdir("a/b", 0755) < 0 || mkdir("dev", 0755) < 0 || symlink("/a/b", "link") < 0 || symlink("/none/x", "dangling") < 0 ||
        symlink("loop", "loop") < 0 || symlink("../../../proc", "a/up") < 0) {
        perror("world");
        _exit(96);
    }
    close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    close(open("a/b/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/") < 0) {
        perror("pivot_root");
        _exit(96);
    }
    struct rlimit files = {600, 600};
    setrlimit(RLIMIT_NOFILE, &files);
}

// The first process of a sandbox: programs until one crashes or the world is worn; its seeds go on from `first`.
static int live(uint64_t first, uint64_t programs, volatile uint64_t *shared) {
    make_world();
    struct martlet_progress *progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (uint64_t n = 0; n < programs; n++) {
        state = shared[0] = first + n;
        some(2);
        size_t size;
        int16_t next;
        if (!make_program(&size, &next)) continue;
        shared[1]++;
        // Whatever fails makes room for what comes after it.
        for (int runs = 0, failed = 0; failed >= 0 && runs < MAX_OPS; runs++) {
            failed = run(size, progress);
            shared[2]++;
            uint32_t at = (progress->child ? progress->child : progress->stage) & MARTLET_AT_NUMBER;
            if (failed == -2 || at > head.header.op_count) return 1;
            if (progress->child & MARTLET_AT_EXEC) shared[3]++;
            if (failed < 0 || !replace((uint32_t)failed, &next)) break;
            if (martlet_launch_validate(program, size) != -1) break;
        }
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count < 2) { fprintf(stderr, "interpret SECONDS [SEED]\n"); return 2; }
    time_t end = time(NULL) + atoi(arguments[1]);
    uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : (uint64_t)time(NULL) << 20;
    volatile uint64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    do {
        pid_t outer = fork();
        if (outer == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            enter_sandbox();
            pid_t inner = fork();
            if (inner == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                _exit(live(seed, count > 2 ? 1 : 300, shared));
            }
            int status;
            waitpid(inner, &status, 0);
            _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 95);
        }
        int status;
        waitpid(outer, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "interpret: seed %llu: ended with %#x\n", (unsigned long long)shared[0], status);
            return 1;
        }
        seed += 300;
    } while (time(NULL) < end && count < 3);
    printf("interpret: %llu programs, run %llu times, %llu times to their exec\n", (unsigned long long)shared[1],
           (unsigned long long)shared[2], (unsigned long long)shared[3]);
    return 0;
}
