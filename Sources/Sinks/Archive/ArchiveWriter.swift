// SPDX-License-Identifier: Apache-2.0
internal import Logs

/// Packs a stretch of one instance's lines into an object: gzip members with lines, then the index.
///
/// What it holds is the object as far as it is, and the text of one member.
struct ArchiveWriter {
    /// A member is closed once it has so much text.
    static let memberSize = 256 << 10

    /// The bytes of all lines that were appended.
    private(set) var size = 0
    /// The lines that were appended.
    private(set) var lines = 0
    /// What gaps say to be missing.
    private(set) var missing: [LossCause: UInt64] = [:]
    private var text = ArchiveText()
    private var out: [UInt8] = []
    private var members: [ArchiveIndex.Member] = []
    private var member = Self.fresh
    /// What comes before the next line, whose time it gets.
    private var gaps: [LogGap] = []
    private var last: UInt64 = 0
    private let deflater: Deflater
    private let origin: LogOrigin
    private let position: UInt64

    private static let fresh = ArchiveIndex.Member(
        packed: 0,
        plain: 0,
        lines: 0,
        sequence: .max,
        oldest: .max,
        newest: 0
    )

    /// Begins with the lines from a sequence number on.
    init(_ origin: LogOrigin, position: UInt64, _ deflater: Deflater) {
        self.origin = origin
        self.position = position
        self.deflater = deflater
    }

    /// Whether nothing was appended.
    var isEmpty: Bool { lines == 0 && gaps.isEmpty && missing.isEmpty }

    /// Whether no more may be appended, as the index has no room.
    var isFull: Bool { members.count == ArchiveIndex.maximumMembers - 1 }

    mutating func append(_ event: LogEvent) {
        switch event {
        case .gap(let gap):
            gaps.append(gap)
            missing[gap.cause, default: 0] += gap.lines
        case .line(let line):
            if lines == 0 { describe(at: line.time) }
            tellGaps(at: line.time)
            text.append(line)
            member.lines += 1
            member.sequence = min(member.sequence, line.sequence)
            member.oldest = min(member.oldest, line.time)
            member.newest = max(member.newest, line.time)
            lines += 1
            size += line.bytes.count
            last = line.time
            if text.bytes.count >= Self.memberSize { closeMember() }
        }
    }

    /// The object, and when its oldest and its newest line were captured.
    mutating func finish() -> (bytes: [UInt8], times: ClosedRange<UInt64>) {
        if lines == 0 { describe(at: 0) }
        tellGaps(at: last)
        if !text.bytes.isEmpty { closeMember() }
        let timed = members.filter { $0.lines > 0 }
        let oldest = timed.map(\.oldest).min() ?? 0
        out += ArchiveIndex(members).bytes
        return (out, oldest...(timed.map(\.newest).max() ?? oldest))
    }

    private mutating func tellGaps(at time: UInt64) {
        for gap in gaps {
            text.append(gap, time: time)
            member.sequence = min(member.sequence, gap.next)
        }
        gaps.removeAll()
    }

    private mutating func closeMember() {
        // Nil is for what is larger than a member gets.
        guard let packed = deflater.pack(text.bytes) else { return }
        member.packed = UInt32(packed.count)
        member.plain = UInt32(text.bytes.count)
        // One with gaps alone belongs to all times.
        if member.lines == 0 { (member.oldest, member.newest) = (0, .max) }
        out += packed
        members.append(member)
        member = Self.fresh
        text.removeAll()
    }

    private mutating func describe(at time: UInt64) {
        var json = JSONText(capacity: 512)
        json.object(
            [
                ("node", origin.node), ("app", origin.app), ("service", origin.service),
                ("instance", "\(origin.instance)"), ("container", origin.container), ("image", origin.image),
                ("digest", origin.imageDigest),
            ] + origin.fields.sorted { $0.key < $1.key }.map { ("fields.\($0.key)", $0.value) }
        )
        text.append(origin: json.bytes, time: time, position: position)
    }
}
