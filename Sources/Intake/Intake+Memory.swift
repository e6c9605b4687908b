// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Linux

// What is remembered of the desired states of all sources, and of those that were pushed.

extension Intake {
    /// So many apps that were pushed are remembered at most: the file is read in one piece.
    private static let mostPushed = 20_000

    /// Seconds since 1970, never before what was seen to have ended.
    public nonisolated var now: Int64 { clock.now }

    /// Whether a second since 1970 has come: once that was seen it stays so, for the next agent, too.
    ///
    /// Throws if what is remembered cannot be read, or it cannot be written down.
    public func hasPassed(_ second: Int64) async throws -> Bool {
        try await load()
        guard second <= clock.now else { return false }
        clock.hold(second)
        try await rememberClock()
        return true
    }

    private func rememberClock() async throws {
        guard clock.held > state.memory.clock else { return }
        state.memory.clock = clock.held
        try await save()
    }

    /// The highest version of an app that was seen, and the digest that it had; nil if none was.
    ///
    /// Throws if what is remembered cannot be read at present.
    public func seen(_ app: String) async throws -> (version: Int, digest: String)? {
        try await load()
        return state.memory.versions[app].map { ($0.number, $0.digest) }
    }

    /// Remembers a version that is pushed, on the disk.
    ///
    /// Throws, and remembers nothing, if it cannot be written.
    public func remember(_ app: App, digest: String) async throws {
        guard let version = app.claims.version else { return }
        try await load()
        let before = state.memory.versions[app.name]
        guard before != nil || state.memory.versions.count < Self.mostPushed else {
            throw IntakeError(
                .refused,
                app.name,
                "\(Self.mostPushed) other apps have versions already: leave out x-martlet.version"
            )
        }
        let next = SourceMemory.Version(number: version, digest: digest)
        state.memory.versions[app.name] = next
        do { try await save() } catch {
            if state.memory.versions[app.name] == next { state.memory.versions[app.name] = before }
            throw error
        }
    }

    /// Who signed a desired state that is pushed, signed as the file of a source is.
    ///
    /// A key that was seen to be over is so for the next agent, too, whatever the clock says then.
    ///
    /// - Parameters:
    ///   - bytes: The file as it came.
    ///   - signature: The armoured signature, as `ssh-keygen -Y sign` makes it; nil if there is none.
    ///   - path: The file of allowed signers.
    ///   - subject: What the file is called.
    /// - Returns: The principals of the key.
    /// - Throws: Why it is not taken.
    public func signer(
        of bytes: [UInt8],
        by signature: [UInt8]?,
        signers path: String,
        subject: String
    ) async throws -> String {
        try await load()
        let signers = Signers(path: path, namespace: Signers.state, clock: clock)
        let signer = try await Thread.run {
            Result { try signers.signer(of: bytes, by: signature, subject: subject) }
        }
        try await rememberClock()
        return try signer.get()
    }

    /// Reads what is remembered, unless that has been done; a file that is damaged is as good as none, and told.
    func load() async throws {
        guard !isLoaded else { return }
        // Once, whoever asks: reading clears away what a crash has left of a write.
        if let loading { return try await loading.value }
        let task = Task { try await read() }
        loading = task
        defer { loading = nil }
        try await task.value
    }

    private func read() async throws {
        let file = file
        var memory = SourceMemory()
        var damage: IntakeError?
        do { memory = try await Thread.run { try file.read() } } catch let error as IntakeError {
            guard error.kind == .refused else { throw error }
            damage = error
        }
        isLoaded = true
        (saved, state.memory) = (memory, memory)
        clock.hold(memory.clock)
        if let damage { outlet.report(.refused(source: "", "\(damage)")) }
    }

    /// Brings what is to be remembered to the disk, after all that was to be before.
    func save() async throws {
        let before = saving
        let task = Task {
            _ = await before?.result  // whoever wanted that hears of it
            let memory = state.memory, file = file
            guard memory != saved else { return }
            try await Thread.run { try file.write(memory) }
            saved = memory
        }
        saving = task
        try await task.value
    }
}
