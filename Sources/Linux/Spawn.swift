// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A program to start as a child of ours, posix_spawn(3).
///
/// It blocks no signal. Of our descriptors it gets those that it is given, and those of standard input, output and
/// error that nothing is put in the place of; all others are close-on-exec.
public struct Spawn {
    /// Its argument list, its own name first.
    public var arguments: [String]
    /// Where the program is; its own name for nil.
    public var program: String?
    /// `NAME=value` each; ours for nil.
    public var environment: [String]?
    /// What it has open, by the number that it finds it under.
    public var descriptors: [Int32: Descriptor]
    /// It leads a process group of its own: a terminal's Ctrl-C is not for it.
    public var leadsGroup = false
    /// A program without a slash is looked for in `PATH`.
    public var searchesPath = false

    /// Describes a child.
    public init(
        _ arguments: [String],
        program: String? = nil,
        environment: [String]? = nil,
        descriptors: [Int32: Descriptor] = [:]
    ) {
        self.arguments = arguments
        self.program = program
        self.environment = environment
        self.descriptors = descriptors
    }

    /// Starts it and tells its pid; the caller waits for its end.
    ///
    /// Throws why the program cannot be run.
    public func start() throws(LinuxError) -> Int32 {
        let name = arguments.first ?? ""
        // Beyond all places first, so that none is taken while its number still is another's source.
        let floor = (descriptors.keys.max() ?? 0) + 1
        var moved: [Int32: Descriptor] = [:]
        for (place, descriptor) in descriptors {
            let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, floor)
            moved[place] = Descriptor(owning: try check("fcntl", name, copy))
        }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (place, descriptor) in moved {
            posix_spawn_file_actions_adddup2(&actions, descriptor.number, place)
        }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | (leadsGroup ? POSIX_SPAWN_SETPGROUP : 0)
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let spawn = searchesPath ? posix_spawnp : posix_spawn
        var pid: Int32 = 0
        let result = withCStrings(arguments) { words in
            guard let environment else {
                return spawn(&pid, program ?? name, &actions, &attributes, words, environ)
            }
            return withCStrings(environment) {
                spawn(&pid, program ?? name, &actions, &attributes, words, $0)
            }
        }
        withExtendedLifetime(moved) {}
        guard result == 0 else { throw LinuxError("posix_spawn", name, errno: result) }
        return pid
    }
}
