// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Glibc
internal import Linux
public import Objects
internal import Transfer

/// Reads the sources of a node, and brings the node to what they say together.
///
/// What cannot be read, verified or taken changes nothing: what ran goes on, and `reports` say why.
public actor Intake {
    /// How long a file may be open for writing before that is told.
    private static let patience = Duration.seconds(10)
    /// How long the first of the sources waits for the others: what two of them define is neither's.
    private static let gathering = Duration.seconds(5)

    private let sources: [String: any Source]
    let file: MemoryFile
    let outlet: Outlet
    let clock: GuardedClock
    var state: IntakeState
    var saved = SourceMemory()
    var isLoaded = false
    var loading: Task<Void, any Error>?
    /// The last writing of what is remembered: one follows the other.
    var saving: Task<Void, any Error>?
    private var busy: [String: ContinuousClock.Instant] = [:]
    var isGathered = false
    /// What sources wait in for their next reading, and those that are to be read again when they are through.
    private var pauses: [String: Task<Void, Never>] = [:]
    private var woken: Set<String> = []
    private let (changes, change) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// The intake of a node.
    ///
    /// - Parameters:
    ///   - settings: Of the node; its sources are read.
    ///   - node: The node's name.
    ///   - folder: Where it keeps `sources.json`, an absolute path.
    ///   - path: Where the content of a file that only the agent reads is; throws if there is no such file.
    ///   - artifacts: Fetches artifacts; asked from threads of their own.
    ///   - stores: Those that the settings name.
    ///   - outlet: The node.
    ///   - clock: Seconds since 1970.
    /// - Throws: If a source cannot even be asked, with the remedy.
    public init(
        _ settings: NodeSettings,
        node: String,
        folder: String,
        path: (RegistrySettings.File) throws -> String,
        artifacts: @escaping Artifact.Reader = { name, _, _ throws(IntakeError) in
            throw IntakeError(.refused, name, "no registry can be asked here")
        },
        stores: [String: any ObjectStore] = [:],
        outlet: Outlet,
        clock: @escaping @Sendable () -> Int64 = Intake.wallClock
    ) throws {
        let client = try TransferClient()
        let clock = GuardedClock(clock)
        var sources: [String: any Source] = [:]
        for source in settings.sources {
            sources[source.name] = try Self.source(
                source,
                settings,
                node,
                client,
                clock,
                path,
                artifacts,
                stores
            )
        }
        self.sources = sources
        self.outlet = outlet
        self.clock = clock
        file = MemoryFile(path: "\(folder)/sources.json")
        state = IntakeState(
            node: node,
            labels: settings.labels,
            sources: settings.sources.map {
                SourceState($0, kind: sources[$0.name]?.kind ?? "", now: clock.now)
            }
        )
    }

    /// Seconds since 1970.
    public static let wallClock: @Sendable () -> Int64 = { Int64(time(nil)) }

    private static func source(
        _ source: NodeSource,
        _ settings: NodeSettings,
        _ node: String,
        _ client: TransferClient,
        _ clock: GuardedClock,
        _ path: (RegistrySettings.File) throws -> String,
        _ artifacts: @escaping Artifact.Reader,
        _ stores: [String: any ObjectStore]
    ) throws -> any Source {
        func signers(_ purpose: String) -> Signers? {
            source.verify.flatMap { settings.signers[$0] }.map {
                Signers(path: $0, namespace: purpose, clock: clock)
            }
        }
        switch source.origin {
        case .directory(let path): return try DirectorySource(path: path, signers: signers(Signers.state))
        case .http(let http):
            return try HTTPSource(
                name: source.name,
                url: http.url.replacing("{node}", with: TransferURL.encode(node)),
                auth: try http.auth.map(path),
                authorities: try http.authorities.map(path),
                signers: signers(Signers.state),
                client: client
            )
        case .artifact(let reference):
            return ArtifactSource(
                name: source.name,
                reference: reference,
                signers: signers(Signers.state),
                fetch: artifacts
            )
        case .object(let name, let key):
            guard let store = stores[name] else {
                throw IntakeError(.refused, name, "no such store: add it under 'stores'")
            }
            return try StoreSource(
                name: source.name,
                storeName: name,
                key: key.replacing("{node}", with: node),
                store: store,
                signers: signers(Signers.state)
            )
        case .git(let git):
            return GitSource(
                name: source.name,
                git,
                files: GitSource.Files(
                    auth: try git.auth.map(path),
                    authorities: try git.authorities.map(path),
                    key: try git.key.map(path)
                ),
                signers: signers(Signers.commit)
            )
        }
    }

    /// How it stands with each source, in the order of the file.
    public var reports: [SourceReport] { state.sources.map(\.report) }

    /// The source that says what an app is; nil if none does.
    public func source(of app: String) -> String? {
        state.sources.first { $0.good?.apps[app] != nil }?.name
    }

    /// Whether a source says an app with this digest, or did when it could be read last, and may say it still.
    public func says(_ app: String, _ digest: String, in source: String) -> Bool {
        guard let source = state[source], source.trouble == nil else { return false }
        return source.good?.apps[app]?.digest == digest
    }

    /// Somebody had the node take what a source says: that is to be told of it.
    public func noteTaken() { change.yield() }

    /// Reads and brings, until it is cancelled.
    public func run() async {
        while true {
            do {
                try await load()
                break
            } catch {
                outlet.report(.refused(source: "", "\(error)"))
                guard (try? await Task.sleep(for: .seconds(10))) != nil else { return }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for name in sources.keys { group.addTask { await self.follow(name) } }
            group.addTask { for await _ in self.changes { await self.reconcile() } }
            try? await Task.sleep(for: Self.gathering)  // cancelled: so is all else
            isGathered = true
            change.yield()
        }
    }

    // MARK: Reading

    /// Reads a source again and again.
    private func follow(_ name: String) async {
        guard let source = sources[name] else { return }
        while !Task.isCancelled {
            let begun = state.tick
            let pause = note(await Self.read(source), of: name, begun: begun)
            guard woken.remove(name) == nil else { continue }
            // A task of its own, so that it can be ended early.
            let waiting = Task { await source.wait(atMost: pause) }
            pauses[name] = waiting
            await withTaskCancellationHandler {
                await waiting.value
            } onCancel: {
                waiting.cancel()
            }
            pauses[name] = nil
        }
    }

    /// Has every source read again at once that could be read before.
    func wakeAll() {
        for source in state.sources where source.isGood { wake(source.name) }
    }

    /// Has a source read again at once; one that is being read is read once more after that.
    public func wake(_ name: String) {
        guard sources[name] != nil else { return }
        if let pause = pauses[name] { pause.cancel() } else { woken.insert(name) }
    }

    private static func read(_ source: any Source) async -> Result<SourceSet?, any Error> {
        let scope = TransferScope()
        return await withTaskCancellationHandler {
            do { return .success(try await Thread.run { try source.read(in: scope) }) } catch {
                return .failure(error)
            }
        } onCancel: {
            scope.cancel()
        }
    }

    /// Takes the outcome of a reading; when to read again.
    private func note(_ result: Result<SourceSet?, any Error>, of name: String, begun: Int) -> Duration {
        guard !Task.isCancelled, var source = state[name] else { return .zero }
        let failure: IntakeError?
        switch result {
        case .success(let set):
            failure = nil
            if let set { source.latest = set }
        case .failure(let error):
            failure = error as? IntakeError ?? IntakeError(.unreachable, "", "\(error)")
        }
        if let failure, failure.kind == .busy {
            let since = busy[name] ?? .now
            busy[name] = since
            if since.duration(to: .now) < Self.patience { return .seconds(1) }
        } else {
            busy[name] = nil
        }
        source.failure = failure
        source.begun = begun
        // A server that answers is asked at its usual pace, whatever it answers.
        source.failures = failure?.kind == .unreachable ? source.failures + 1 : 0
        state[name] = source
        change.yield()
        return PollPause.after(failures: source.failures, of: source.settings, asked: failure?.retryAfter)
    }
}
