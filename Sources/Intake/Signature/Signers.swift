// SPDX-License-Identifier: Apache-2.0
internal import Keys

/// Whose signatures count: a file of allowed signers, read anew for each question.
struct Signers: Sendable {
    private static let maximumBytes = 1 << 20
    private static let maximumKeys = 1_000

    /// The path of the file.
    let path: String
    /// What must have been signed for.
    let namespace: String
    /// By which a key's time is over.
    let clock: GuardedClock

    /// The purpose of a signed desired state.
    static let state = "martlet-state"
    /// The purpose of a signed commit.
    static let commit = "git"

    /// Who signed these bytes.
    ///
    /// - Parameters:
    ///   - bytes: What is to be taken.
    ///   - signature: The armoured signature; nil if there is none.
    ///   - subject: What the bytes are called.
    /// - Returns: The principals of the key.
    /// - Throws: Why they are not to be taken.
    func signer(of bytes: [UInt8], by signature: [UInt8]?, subject: String) throws(IntakeError) -> String {
        guard let signature else {
            throw IntakeError(
                .refused,
                subject,
                namespace == Self.commit
                    ? "not signed: commit with `git -c gpg.format=ssh commit -S`"
                    : "not signed: sign it with `ssh-keygen -Y sign -n \(namespace) -f KEY`"
            )
        }
        let signers = try keys()
        let now = clock.now
        do throws(SSHKey.Fault) {
            let signature = try SSHSignature(armoured: signature)
            guard signature.namespace == namespace else {
                throw SSHKey.Fault(
                    what: "signed for '\(signature.namespace.prefix(80))': sign it with -n \(namespace)"
                )
            }
            let name = "key \(signature.key.fingerprint)"
            let lines = signers.filter { $0.key == signature.key }
            guard let first = lines.first else {
                throw SSHKey.Fault(what: "\(name) is not in \(path): add it, or sign with one that is")
            }
            for end in lines.compactMap(\.validBefore) where end <= now { clock.hold(end) }
            // One key may stand in several lines, each for a time of its own.
            guard let signer = lines.first(where: { $0.refusal(for: namespace, at: now) == nil }) else {
                let why = first.refusal(for: namespace, at: now) ?? ""
                throw SSHKey.Fault(what: "\(name) \(why), as \(path) says: sign with another one")
            }
            guard try signature.isOver(bytes) else {
                throw SSHKey.Fault(what: "the signature is of other bytes than these: sign it anew")
            }
            return signer.principals
        } catch {
            throw IntakeError(.refused, subject, error.what)
        }
    }

    private func keys() throws(IntakeError) -> [AllowedSigner] {
        let bytes: [UInt8]
        do throws(KeyFile.Fault) { bytes = try KeyFile.read(path, limit: Self.maximumBytes) } catch {
            if case .system(let error) = error { throw IntakeError(.refused, "", "\(error)") }
            throw IntakeError(.refused, path, "\(error)")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw IntakeError(.refused, path, "not UTF-8 text: write it as ssh-keygen(1) says")
        }
        var signers: [AllowedSigner] = []
        // By bytes: to a text a line's end of two characters is one of its own.
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = String(
                decoding: (line.last == 0x0D ? line.dropLast() : line).drop { $0 == 0x20 || $0 == 0x09 },
                as: UTF8.self
            )
            if line.isEmpty || line.hasPrefix("#") { continue }
            do throws(SSHKey.Fault) { signers.append(try AllowedSigner(line: line)) } catch {
                throw IntakeError(.refused, "\(path):\(index + 1)", error.what)
            }
            guard signers.count <= Self.maximumKeys else {
                throw IntakeError(.refused, path, "more than \(Self.maximumKeys) keys: remove some")
            }
        }
        return signers
    }
}
