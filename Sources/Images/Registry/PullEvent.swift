// SPDX-License-Identifier: Apache-2.0

/// Something that happens while an image is pulled or pushed.
public struct PullEvent: Sendable, Equatable, Encodable {
    /// What happens.
    public enum Kind: String, Sendable, Encodable {
        /// The name was resolved: `digest` is the manifest's, `total` the bytes of all its layers.
        case resolved
        /// A layer is there already.
        case present
        /// A layer is on its way: `done` of `total` bytes are here or there.
        case transferring
        /// A layer is whole and has its digest.
        case verified
        /// A layer becomes a directory.
        case unpacking
        /// A failure that may pass: `text` tells it.
        case retrying
        /// The image is there under its name.
        case done
    }

    /// What happens.
    public var kind: Kind
    /// The image, or the server that failed.
    public var subject: String
    /// The manifest or the layer; nil for neither.
    public var digest: String?
    /// Bytes so far.
    public var done: Int64
    /// Bytes in all.
    public var total: Int64
    /// For people.
    public var text: String

    /// Describes something that happens.
    public init(
        _ kind: Kind,
        _ subject: String,
        digest: Digest? = nil,
        done: Int64 = 0,
        total: Int64 = 0,
        text: String = ""
    ) {
        self.kind = kind
        self.subject = subject
        self.digest = digest?.description
        self.done = done
        self.total = total
        self.text = text
    }

    static func retrying(_ server: String, _ why: String, after pause: Duration) -> PullEvent {
        let seconds = Double(pause.components.seconds) + Double(pause.components.attoseconds) / 1e18
        let tenths = Int((seconds * 10).rounded())
        return PullEvent(.retrying, server, text: "\(why); again in \(tenths / 10).\(tenths % 10) s")
    }
}
