// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Containers
internal import Glibc
internal import Linux

/// The foreground form's own keeper: started beside this program, or taken over from a run that was killed.
struct KeeperUnit {
    private let supervisor: KeeperSupervisor
    private let folders: Folders

    init(folders: Folders) async throws {
        self.folders = folders
        supervisor = try KeeperSupervisor(program: try Self.program(), runtimeDirectory: folders.runtime)
        do {
            let running = try await Keeper.connect(runtimeDirectory: folders.runtime)
            try supervisor.start(running: running.pid)
            try await running.store()  // the descriptor store died with the run before
            running.close()
        } catch let error as LinuxError where [ENOENT, ECONNREFUSED].contains(error.errno) {
            try supervisor.start()
        }
    }

    /// `martlet-keeper` beside our own program.
    private static func program() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = try check(
            "readlink",
            "/proc/self/exe",
            readlink("/proc/self/exe", &buffer, buffer.count)
        )
        let own = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let beside = own.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/martlet-keeper"
        guard access(beside, X_OK) == 0 else {
            throw AgentError("run", beside, "the keeper is missing: `make build` puts it beside martlet")
        }
        return beside
    }

    /// Starts no other keeper when this one ends.
    func letGo() { supervisor.stop() }

    /// Ends the keeper.
    ///
    /// Throws `EBUSY` while a container lives.
    func quit() async throws {
        letGo()
        let keeper = try await Keeper.connect(runtimeDirectory: folders.runtime)
        try await keeper.quit()
        keeper.close()
        try folders.clearRuntime()
    }
}
