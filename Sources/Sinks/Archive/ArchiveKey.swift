// SPDX-License-Identifier: Apache-2.0
internal import Objects

/// The name of an archived object, which says whose lines it has and when they were captured:
/// `PREFIX/NODE/APP/SERVICE/INSTANCE/CONTAINER/YYYY/MM/DD/POSITION-FIRST-LAST.mlog.gz`.
///
/// `docs/formats/archive.md` has it to the byte.
struct ArchiveKey: Equatable, Sendable {
    static let ending = ".mlog.gz"
    private static let digits = 19

    /// Up to the container's id, with the slash behind it.
    let folder: String
    let app: String
    let service: String
    let instance: Int
    let container: String
    /// The sequence number at which reading began; it rises from object to object of an instance.
    let position: UInt64
    /// When the oldest and the newest of its lines were captured, nanoseconds since 1970.
    let times: ClosedRange<UInt64>

    init(_ prefix: String, _ origin: LogOrigin, position: UInt64, times: ClosedRange<UInt64>) {
        folder = Self.folder(prefix, origin)
        app = origin.app
        service = origin.service
        instance = origin.instance
        container = origin.container
        self.position = position
        self.times = times
    }

    /// Reads one that was listed; nil for what is no name of ours.
    ///
    /// `root` is what all names of the node begin with: the prefix, the node and a slash.
    init?(_ text: String, root: String) {
        guard text.hasPrefix(root), text.hasSuffix(Self.ending) else { return nil }
        let parts = text.dropFirst(root.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 8, let instance = Int(parts[2]) else { return nil }
        let words = parts[7].dropLast(Self.ending.count).split(separator: "-")
        guard words.count == 3, words[0].utf8.count == 16, let position = UInt64(words[0], radix: 16),
            let first = UInt64(words[1]), let last = UInt64(words[2]), first <= last
        else { return nil }
        folder = root + parts[..<4].joined(separator: "/") + "/"
        app = String(parts[0])
        service = String(parts[1])
        self.instance = instance
        container = String(parts[3])
        self.position = position
        times = first...last
    }

    /// The whole name.
    var text: String {
        var stamp: [UInt8] = [], clock = UTCText(digits: 1)
        clock.append(times.lowerBound, to: &stamp)
        let day = String(decoding: stamp.prefix(10), as: UTF8.self).replacing("-", with: "/")
        let name = [
            Self.padded(position, 16, radix: 16), Self.padded(times.lowerBound, Self.digits),
            Self.padded(times.upperBound, Self.digits),
        ]
        return folder + day + "/" + name.joined(separator: "-") + Self.ending
    }

    /// What all names of a node begin with.
    static func root(_ prefix: String, node: String) -> String { "\(prefix)/\(node)/" }

    /// What all names of an instance begin with.
    static func folder(_ prefix: String, _ origin: LogOrigin) -> String {
        root(prefix, node: origin.node)
            + "\(origin.app)/\(origin.service)/\(origin.instance)/\(origin.container)/"
    }

    private static func padded(_ number: some BinaryInteger, _ width: Int, radix: Int = 10) -> String {
        let text = String(number, radix: radix)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
