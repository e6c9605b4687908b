// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

/// The keeper of a runtime folder where no service manager runs one: started beside this program, or taken
/// over from a supervisor that died.
public struct KeeperUnit: Sendable {
    private let supervisor: KeeperSupervisor
    private let folders: Folders

    /// Begins to supervise; nil when somebody else does: systemd, or the foreground form.
    ///
    /// A supervisor serves `notify.sock` in the runtime folder. Where that socket is dead its owner is, too.
    public static func supervise(_ folders: Folders) async throws -> KeeperUnit? {
        if isServed("\(folders.runtime)/notify.sock") { return nil }
        do {
            let running = try await Keeper.connect(runtimeDirectory: folders.runtime)
            defer { running.close() }
            // A keeper that was started with another notify socket is a service manager's.
            guard access("\(folders.runtime)/notify.sock", F_OK) == 0 else { return nil }
            let unit = KeeperUnit(try supervisor(folders), folders)
            try unit.supervisor.start(running: running.pid)
            try await running.store()  // the descriptor store died with the supervisor before
            return unit
        } catch let error as LinuxError where [ENOENT, ECONNREFUSED].contains(error.errno) {
            let unit = KeeperUnit(try supervisor(folders), folders)
            try unit.supervisor.start()
            return unit
        }
    }

    /// Has a keeper that is a unit of its own go on as the program that is installed, if it is another one.
    ///
    /// Its containers do not notice. The unit is not started again for that: it would lose how they end meanwhile.
    static func renew(_ folders: Folders) async throws {
        let running = try await Node.connect(folders)
        defer { running.close() }
        let installed = try program()
        let differs = try await Thread.run {
            try Descriptor.open("/proc/\(running.pid)/exe", O_RDONLY).readAll(limit: 64 << 20)
                != Descriptor.open(installed, O_RDONLY).readAll(limit: 64 << 20)
        }
        guard differs else { return }
        try await running.reexec(try Descriptor.open(installed, O_RDONLY))
    }

    private init(_ supervisor: KeeperSupervisor, _ folders: Folders) {
        self.supervisor = supervisor
        self.folders = folders
    }

    private static func supervisor(_ folders: Folders) throws -> KeeperSupervisor {
        try KeeperSupervisor(program: try program(), runtimeDirectory: folders.runtime)
    }

    /// Whether a living process receives on a datagram socket.
    private static func isServed(_ path: String) -> Bool {
        (try? Descriptor.connect(path, kind: Int32(SOCK_DGRAM.rawValue))) != nil
    }

    /// `martlet-keeper` beside our own program.
    private static func program() throws -> String {
        let beside = try ProgramFile.beside("martlet-keeper")
        guard access(beside, X_OK) == 0 else {
            throw AgentError("run", beside, "the keeper is missing: `make build` puts it beside martlet")
        }
        return beside
    }

    /// Ends the keeper, also one that is starting, and clears the runtime folder.
    ///
    /// Throws `EBUSY` while a container lives.
    public func quit() async throws {
        supervisor.stop()
        for attempt in 0... {
            do {
                let keeper = try await Keeper.connect(runtimeDirectory: folders.runtime)
                defer { keeper.close() }
                try await keeper.quit()
                break
            } catch let error as LinuxError where [ENOENT, ECONNREFUSED].contains(error.errno) {
                guard supervisor.pid > 0, attempt < 500 else { break }  // it has gone by itself
            } catch let error as ContainerError where error.cause == .keeperGone {
                // it died meanwhile
            } catch let error as ContainerError where error.cause == .errno(EBUSY) && attempt < 100 {
                // a killed process that is not reaped yet
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        for _ in 0..<200 where supervisor.pid > 0 { try await Task.sleep(for: .milliseconds(10)) }
        try folders.clearRuntime()
    }
}
