// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Images
internal import Keys
internal import Linux
internal import Synchronization

/// The secrets of those who may have a source read at once, and what they have sent lately.
///
/// A call says nothing but that there is something to read: what that is, the source itself tells, with its own proofs.
final class Hooks: Sendable {
    /// What a call is worth.
    enum Verdict: Equatable { case unknown, wrong, repeated, right }

    /// So many calls of a source are remembered.
    private static let remembered = 1_024
    private static let maximumSecret = 4_096
    /// So many calls are read at once: whose they are is known only when they are read.
    static let maximumReading = 8

    private let paths: [String: String]
    private let seen = Mutex<[String: [[UInt8]]]>([:])
    private let reading = Mutex(0)
    private let report: @Sendable (String) -> Void
    /// Why the secret of a source cannot be read, as it was told last.
    private let told = Mutex<[String: String]>([:])

    /// The hooks of these sources; `report` hears of a secret that cannot be read, once a cause.
    init(_ sources: [NodeSource], report: @escaping @Sendable (String) -> Void) throws {
        self.report = report
        var paths: [String: String] = [:]
        for source in sources { paths[source.name] = try source.hook?.place() }
        self.paths = paths
    }

    /// Whether a source has a hook.
    func knows(_ source: String) -> Bool { paths[source] != nil }

    /// Reads a call, unless too many are being read.
    func reading<Result: Sendable>(_ read: () async throws -> Result) async throws -> Result {
        let isFree = reading.withLock { reading in
            guard reading < Self.maximumReading else { return false }
            reading += 1
            return true
        }
        guard isFree else {
            throw ControlError(
                .failed,
                "hook",
                "\(Self.maximumReading) other calls are being read",
                "send it again in a minute"
            )
        }
        defer { reading.withLock { $0 -= 1 } }
        return try await read()
    }

    /// Judges a call of a source.
    ///
    /// - Parameters:
    ///   - source: Its name.
    ///   - body: The whole body, as it came.
    ///   - signature: `sha256=` and the HMAC-SHA256 of the body in hexadecimal, as GitHub, Gitea and Forgejo send it.
    ///   - token: The secret itself, as GitLab sends it.
    ///   - delivery: What the sender calls this call.
    /// - Returns: What it is worth; nothing if the secret cannot be read.
    func judge(
        _ source: String,
        body: [UInt8],
        signature: String?,
        token: String?,
        delivery: String?
    ) async -> Verdict {
        guard let path = paths[source] else { return .unknown }
        guard let key = await key(of: source, at: path) else { return .wrong }
        let mark: [UInt8]
        if let signature {
            let code = Secrets.code(body, key: key)
            let wanted = "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            guard !code.isEmpty, Secrets.areEqual(Array(wanted.utf8), Array(signature.utf8)) else {
                return .wrong
            }
            // The name of a call is not signed: what is signed must not come twice under another.
            mark = code
        } else if let token {
            let hash = HashFunction.sha256
            guard Secrets.areEqual(hash.hash(key), hash.hash(Array(token.utf8))) else { return .wrong }
            mark = hash.hash(Array((delivery ?? "").utf8) + [0] + body)
        } else {
            return .wrong
        }
        let isNew = seen.withLock { seen -> Bool in
            guard !(seen[source] ?? []).contains(mark) else { return false }
            seen[source, default: []].append(mark)
            if seen[source]?.count ?? 0 > Self.remembered { seen[source]?.removeFirst() }
            return true
        }
        return isNew ? .right : .repeated
    }

    /// The secret of a source; nil if it cannot be read, which is for the operator to know and not for who calls.
    private func key(of source: String, at path: String) async -> [UInt8]? {
        let cause: String
        do {
            // Each time, so that another secret holds at once.
            let secret = try await Thread.run { try KeyFile.read(path, limit: Self.maximumSecret) }
            let key = Array(secret.reversed().drop { [0x0A, 0x0D, 0x20].contains($0) }.reversed())
            guard key.isEmpty else {
                told.withLock { $0[source] = nil }
                return key
            }
            cause = "\(path) is empty"
        } catch {
            cause = "\(error)"
        }
        let isNew = told.withLock { told in
            defer { told[source] = cause }
            return told[source] != cause
        }
        if isNew { report("read the secret of source \(source): \(cause)") }
        return nil
    }
}
