// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Glibc
internal import Images
internal import Intake
internal import Linux

// What comes by itself: the node is where the intake's desired states go.

extension Node {
    nonisolated var name: String { settings.name ?? Self.hostName() }

    /// Makes the intake of the sources that the node file names, none if it names none: it remembers what was
    /// pushed as well.
    ///
    /// Nothing is read yet.
    func openIntake() throws {
        intake = try Intake(
            settings,
            node: name,
            folder: folders.state,
            path: { try $0.place() },
            artifacts: artifacts,
            stores: stores.all,
            outlet: outlet
        )
    }

    /// Begins to read the sources; what is on record has its rollout by then.
    func startIntake() {
        guard let intake, intaking == nil else { return }
        // It goes on while the agent does other things, like the caretakers, and ends first of all.
        intaking = Task {
            // What it knew before it was lost comes first: a generation keeps its number.
            await awaitState()
            if !Task.isCancelled { await intake.run() }
        }
    }

    private nonisolated var outlet: Outlet {
        Outlet(
            holdings: { [weak self] in await self?.holdings() ?? [:] },
            check: { [weak self] sourced, source in
                try await Self.plainly { try await self?.checkTaking(ApplyRequest(sourced, of: source)) }
            },
            apply: { [weak self] sourced, source in
                let request = ApplyRequest(sourced, of: source), name = sourced.app.name
                let caller = "source \(source): \(request.caller)"
                let pending = PendingApply(request)
                do {
                    try await self?.onRecord("apply", name, of: caller, sourced.digest) {
                        try await Self.plainly { _ = try await self?.apply(pending) }
                    }
                } catch {
                    // Who asked something else of the app meanwhile has the last word, as after it.
                    guard pending.isOvertaken else { throw error }
                }
            },
            remove: { [weak self] app, source in
                try await self?.onRecord("remove", app, of: "source \(source)", nil) {
                    try await self?.prune(app)
                }
            },
            report: { [events] event in
                switch event {
                case .loaded(let source, let text):
                    events.append(.loaded, app: nil, "source \(source): \(text)")
                case .refused(let source, let text):
                    events.append(.refused, app: nil, source.isEmpty ? text : "source \(source): \(text)")
                }
            }
        )
    }

    /// Does what a source asks for, and puts on record what became of it.
    private nonisolated func onRecord(
        _ action: String,
        _ app: String,
        of caller: String,
        _ digest: String?,
        _ body: () async throws -> Void
    ) async throws {
        var record = AuditRecord(
            caller: caller,
            action: action,
            subject: app,
            result: "accepted",
            digest: digest
        )
        do { try await body() } catch {
            (record.result, record.reason) = ("refused", "\(error)")
            await audit.append(record)
            throw error
        }
        await audit.append(record)
    }

    /// Has a source read at once; one that is not there is read by nobody.
    public func wake(_ source: String) async { await intake?.wake(source) }

    /// Throws what an apply would, also for an image that is held: what made room would have gone for nothing.
    private func checkTaking(_ request: ApplyRequest) async throws {
        let app = request.app, digest = request.digest
        try refuseWhilePaused(app.name)
        let found = try await resolve(app, digest: digest)
        try checkProcessors(of: app)
        try await checkSockets(of: app)
        if settings.applyMode == .planOnly {
            try await checkSecrets(of: app)
            try await refuseFailed(app.name, digest, found)
            try await refuseUnplanned(request, found)
        }
        try refuseHeld(app, found)
    }

    private func holdings() -> [String: Holding] {
        deployments.filter { !$0.value.isGoing }.mapValues {
            Holding(source: $0.generation.source, digest: $0.generation.digest, claims: $0.app.claims)
        }
    }

    private func prune(_ app: String) async throws {
        guard deployments[app] != nil else { return }
        try refuseWhilePaused(app)
        try await refuseUnplannedRemoval(of: app)
        for await progress in try await down(app).progress where progress.kind == .failed {
            throw AgentError("down", app, progress.reason)
        }
    }

    /// A refusal of a desired state with its first problem, in one line.
    private static func plainly(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as ControlError {
            guard let first = error.problems.first else { throw error }
            throw ControlError(error.code, first.path, first.what, first.remedy)
        }
    }

    // MARK: What others may do

    /// Whether a second since 1970 has come: once that was seen it stays so, whatever the clock says later.
    public func hasPassed(_ second: Int64) async throws -> Bool {
        guard let intake else { throw ControlError(.failed, "clock", "the node is not ready yet") }
        return try await intake.hasPassed(second)
    }

    /// Throws `ControlError` if a source says what an app is: nobody else may then.
    ///
    /// With `isChange` the app is to become something else; otherwise it is to go, which the source would undo if it
    /// still says the app.
    public func refuseIfSourced(_ app: String, isChange: Bool) async throws {
        let said = await intake?.source(of: app)
        let owner = deployments[app]?.generation.source
        let isOwned = isChange && settings.sources.contains { $0.name == owner }
        guard let source = said ?? (isOwned ? owner : nil) else { return }
        throw ControlError(
            .conflict,
            app,
            "source \(source) says what it is",
            isChange ? "change it there" : "take it out there; `martlet stop \(app)` stops it meanwhile"
        )
    }

    /// Who signed what somebody pushes; nil if nobody has to.
    ///
    /// - Throws: `ControlError` if one has to, and it is not taken for that.
    public func signer(
        of bytes: [UInt8],
        by signature: [UInt8]?,
        subject: String
    ) async throws -> String? {
        guard let name = settings.api.verify else { return nil }
        guard let path = settings.signers[name] else {
            throw ControlError(.conflict, subject, "nobody may sign it: trust.signers has no \(name)")
        }
        guard let intake else { throw ControlError(.failed, subject, "the node is not ready yet") }
        do {
            return try await intake.signer(of: bytes, by: signature, signers: path, subject: subject)
        } catch let error as IntakeError {
            throw ControlError(.forbidden, subject, "\(error)")
        }
    }

    /// Throws if what somebody pushes claims to be for others, of old, or not valid any more.
    func checkClaims(of app: App) async throws {
        func refusal(_ what: String, _ key: String) -> ControlError {
            ControlError(.invalid, app.name, what, "change x-martlet.\(key)")
        }
        let claims = app.claims
        if !claims.includes(node: name, labels: settings.labels) {
            let audience = claims.audience.prefix(5).map { "\($0)" }.joined(separator: ", ")
            throw refusal("is for \(audience), and this is node \(name)", "audience")
        }
        if claims.hasExpired(at: intake?.now ?? Int64(time(nil))) { throw refusal("has expired", "expires") }
        let present = deployments[app.name].flatMap { present in
            present.app.claims.version.map { (version: $0, digest: present.generation.digest) }
        }
        if let present, claims.version ?? 0 < present.version {
            throw refusal("is version \(claims.version ?? 0), and \(present.version) is here", "version")
        }
        let seen = try await intake?.seen(app.name)
        if let seen, claims.version ?? 0 < seen.version {
            throw refusal("is version \(claims.version ?? 0), and \(seen.version) was seen", "version")
        }
        for known in [present, seen].compactMap({ $0 })
        where known.version == claims.version && known.digest != app.digest {
            throw refusal("is another version \(known.version) than the one that was seen", "version")
        }
    }
}

extension ApplyRequest {
    /// What a source says.
    fileprivate init(_ sourced: SourcedApp, of source: String) {
        let signer = sourced.signer.map { ", signed by \($0)" } ?? ""
        // Whoever names a file says nothing of who signed it.
        let file = sourced.file.replacing("\\", with: "\\\\").replacing(",", with: "\\,")
        self.init(sourced.app, model: sourced.model, source: source, caller: "\(file)\(signer)")
    }
}
