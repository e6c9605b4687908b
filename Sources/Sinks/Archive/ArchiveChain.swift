// SPDX-License-Identifier: Apache-2.0
internal import Logs
internal import Objects
internal import Transfer

/// The archived objects of one container, one after the other.
struct ArchiveChain: Sendable {
    /// An object.
    struct Link: Sendable {
        let name: ObjectKey
        let key: ArchiveKey
        let size: Int64
    }

    enum Step {
        case event(LogEvent)
        /// Something was read, and an event may be there now.
        case nearer
        case damaged(String)
        case over
    }

    /// Members that lie side by side are read together up to so many bytes, and an object of so many at once.
    private static let together: Int64 = 512 << 10

    private let store: any ObjectStore
    private let times: ClosedRange<UInt64>
    private var links: ArraySlice<Link>
    /// The object being read.
    private var link: Link?
    /// Its members that are still wanted, and where they are.
    private var members: ArraySlice<(member: ArchiveIndex.Member, offset: Int64)> = []
    /// What was read last of it.
    private var window: (offset: Int64, bytes: [UInt8]) = (0, [])
    /// The text of the member being read, and the place of the next record in it.
    private var text: [UInt8] = []
    private var place = 0
    private var head: LogEvent?
    /// The last that was given of each stream; after a crash an object may begin with what another one has.
    private var given = PerStream<UInt64?>(both: nil)

    init(_ links: [Link], of store: any ObjectStore, _ times: ClosedRange<UInt64>) {
        self.links = links.sorted { $0.key.position < $1.key.position }[...]
        self.store = store
        self.times = times
    }

    /// Whose lines they are; nil once all was read.
    var key: ArchiveKey? { link?.key ?? links.first?.key }

    /// No event comes that was captured before it.
    var bound: UInt64 {
        switch head {
        case .line(let line): line.time
        case .gap: 0
        case nil where place < text.count: 0
        case nil: members.first?.member.oldest ?? links.first?.key.times.lowerBound ?? 0
        }
    }

    /// One thing on the way to the next event.
    mutating func step(in scope: TransferScope) throws(ObjectError) -> Step {
        if let event = head.take() { return .event(event) }
        do throws(Damage) {
            if place < text.count {
                try advance()
            } else if let next = members.popFirst() {
                try open(next, scope)
            } else if let next = links.popFirst() {
                try open(next, scope)
            } else {
                return .over
            }
            return .nearer
        } catch {
            let name = link?.name.text ?? ""
            (link, members, text, place) = (nil, [], [], 0)
            switch error {
            case .store(let error): throw error
            case .object(let why):
                return .damaged("\(name): \(why): its other lines are lost, those of other objects are not")
            }
        }
    }

    // MARK: Reading

    private enum Damage: Error {
        case object(String)
        case store(ObjectError)
    }

    /// Reads an object's index, and with it the whole object if that is small.
    private mutating func open(_ next: Link, _ scope: TransferScope) throws(Damage) {
        (link, text, place, window) = (next, [], 0, (0, []))
        let first = next.size <= Self.together ? next.size : Int64(ArchiveIndex.usualSize)
        let tail = try bytes(next.size - first..<next.size, scope)
        guard let size = ArchiveIndex.size(Array(tail.suffix(14))), size <= next.size else {
            throw .object("it has no index at its end")
        }
        let whole = try bytes(next.size - Int64(size)..<next.size, scope)
        guard let index = ArchiveIndex(Array(whole), of: next.size) else {
            throw .object("its index is damaged")
        }
        var offset: Int64 = 0
        var wanted: [(member: ArchiveIndex.Member, offset: Int64)] = []
        for member in index.members {
            if member.oldest <= times.upperBound, member.newest >= times.lowerBound {
                wanted.append((member, offset))
            }
            offset += Int64(member.packed)
        }
        members = wanted[...]
    }

    /// Reads a member, and those behind it that are wanted, too.
    private mutating func open(
        _ next: (member: ArchiveIndex.Member, offset: Int64),
        _ scope: TransferScope
    ) throws(Damage) {
        let end = next.offset + Int64(next.member.packed)
        var far = end
        for more in members {
            let further = far + Int64(more.member.packed)
            guard more.offset == far, further - next.offset <= Self.together else { break }
            far = further
        }
        let packed = try bytes(next.offset..<end, ahead: far, scope)
        guard let plain = Gzip.unpack(packed, size: Int(next.member.plain)) else {
            throw .object("what begins at byte \(next.offset) is damaged")
        }
        (text, place) = (plain, 0)
        try advance()
    }

    /// Bytes of the object: those that were read last, or read now up to `ahead`.
    private mutating func bytes(
        _ range: Range<Int64>,
        ahead: Int64 = 0,
        _ scope: TransferScope
    ) throws(Damage) -> ArraySlice<UInt8> {
        guard let link, range.lowerBound >= 0 else { throw .object("it is too short") }
        if range.lowerBound < window.offset || range.upperBound > window.offset + Int64(window.bytes.count) {
            let wanted = range.lowerBound..<max(range.upperBound, ahead)
            window = (0, [])
            let object: StoredObject?
            do throws(ObjectError) {
                object = try store.get(link.name, wanted, limit: wanted.count, unless: nil, in: scope)
            } catch {
                // What is gone or smaller than it was is lost; a store that cannot be asked is another matter.
                switch error.cause {
                case .absent, .outside, .refused, .tooLarge: throw .object(error.reason)
                case .unavailable, .system, .cancelled: throw .store(error)
                }
            }
            guard let object, object.bytes.count == wanted.count else { throw .object("it is too short") }
            window = (wanted.lowerBound, object.bytes)
        }
        let start = Int(range.lowerBound - window.offset)
        return window.bytes[start..<start + range.count]
    }

    /// Goes to the next event that is wanted, in the member being read.
    private mutating func advance() throws(Damage) {
        while head == nil, place < text.count {
            let start = place
            guard let record = ArchiveText.record(text, at: &place) else {
                throw .object("there is no line at byte \(start) of one of its members")
            }
            guard case .event(let event) = record else { continue }
            switch event {
            case .line(let line):
                // After a crash with a damaged place an object may begin with what another one has.
                if let last = given[line.stream], line.sequence <= last { continue }
                given[line.stream] = line.sequence
                if times.contains(line.time) { head = event }
            case .gap(let gap):
                if let last = [given.stdout, given.stderr].compactMap(\.self).max(), gap.next <= last {
                    continue
                }
                head = event
            }
        }
        if place == text.count { (text, place) = ([], 0) }
    }
}
