// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Synchronization

/// What the desired states said that were brought last, one an app: the same text again is not decoded again.
///
/// It says what it said: decoding reads nothing but the text.
final class DecodedApps: Sendable {
    /// A desired state, and what is worked out from it alone.
    struct Decoded: Sendable {
        let app: App
        let digest: String
        fileprivate let text: String
    }

    /// Longer texts, and more than so many bytes of them, are not kept.
    private static let maximumText = 256 << 10
    private static let maximumSize = 4 << 20

    private let known = Mutex<[String: Decoded]>([:])

    /// What a text says that was brought for an app.
    func app(_ name: String, in text: String) throws(Report) -> Decoded {
        if let decoded = known.withLock({ $0[name] }), decoded.text == text { return decoded }
        let app = try App.decode(yaml: text, file: name, directory: "/", environment: [:])
        return Decoded(app: app, digest: app.digest, text: text)
    }

    /// Keeps what was taken; others go where there is no room.
    func keep(_ decoded: Decoded) {
        let size = decoded.text.utf8.count
        guard size <= Self.maximumText else { return }
        known.withLock { known in
            known[decoded.app.name] = nil
            if known.values.reduce(size, { $0 + $1.text.utf8.count }) > Self.maximumSize { known = [:] }
            known[decoded.app.name] = decoded
        }
    }
}
