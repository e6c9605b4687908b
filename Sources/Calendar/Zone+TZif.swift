// SPDX-License-Identifier: Apache-2.0

extension Zone {
    /// No file of the database is half as large.
    public static let largestFile = 1 << 17
    /// Until here the rule for the time after the table is written out; from then on nothing changes.
    static let lastYear: Int64 = 2199

    /// Reads a file of the time zone database: RFC 9636, version 2 or later.
    ///
    /// Throws for what is no such file, and for one that counts leap seconds.
    public init(name: String, file: [UInt8]) throws(CalendarError) {
        guard let zone = TZif(file).flatMap({ $0.zone(name) }) else {
            throw CalendarError("time zone \(name) is damaged here", "install tzdata on the node again")
        }
        self = zone
    }
}

/// What a file of the time zone database holds.
private struct TZif {
    private let times: [Int64]
    private let types: [Int]
    private let offsets: [Int64]
    private let footer: String

    private struct Header {
        static let size = 44
        let version: UInt8
        /// UT and standard indicators, leap seconds, times, types, characters.
        let counts: [Int]

        init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= Self.size, bytes.starts(with: Array("TZif".utf8)) else { return nil }
            version = bytes[bytes.startIndex + 4]
            counts = (0..<6).map { index in Int(TZif.integer(bytes, at: 20 + 4 * index, size: 4)) }
            guard counts.allSatisfy({ (0...8_192).contains($0) }), counts[4] > 0 else { return nil }
        }

        /// The size of what follows, with times of so many bytes.
        func bodySize(_ time: Int) -> Int {
            counts[3] * (time + 1) + counts[4] * 6 + counts[5] + counts[2] * (time + 4) + counts[1]
                + counts[0]
        }
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Zone.largestFile, let old = Header(bytes[...]), old.version >= 0x32 else {
            return nil
        }
        let rest = bytes.dropFirst(Header.size + old.bodySize(4))
        guard let header = Header(rest), header.counts[2] == 0 else { return nil }
        let body = rest.dropFirst(Header.size)
        let size = header.bodySize(8), (count, kinds) = (header.counts[3], header.counts[4])
        guard body.count > size else { return nil }
        times = (0..<count).map { TZif.integer(body, at: 8 * $0, size: 8) }
        types = (0..<count).map { Int(body[body.startIndex + 8 * count + $0]) }
        offsets = (0..<kinds).map { TZif.integer(body, at: 9 * count + 6 * $0, size: 4) }
        let text = body.dropFirst(size)
        guard text.first == 0x0a, text.last == 0x0a, text.count >= 2 else { return nil }
        footer = String(decoding: text.dropFirst().dropLast(), as: UTF8.self)
        let isInOrder = zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
        // Some files begin with the Big Bang; what is further away is none of ours.
        guard isInOrder, times.allSatisfy({ abs($0 / 2) < 1 << 60 }), types.allSatisfy({ $0 < kinds }),
            offsets.allSatisfy({ (-25 * 3600...26 * 3600).contains($0) })
        else { return nil }
    }

    func zone(_ name: String) -> Zone? {
        var changes = zip(times, types).map { Zone.Change(time: $0, offset: offsets[$1]) }
        if !footer.isEmpty {
            guard let rule = PosixRule(footer) else { return nil }
            let last = changes.last?.time ?? CivilDay(year: 1970, month: 1, day: 1).start
            let from = max(CivilDay(ofLocal: last).date.year, 1970)
            if from <= Zone.lastYear {
                changes += (from...Zone.lastYear).flatMap(rule.changes).filter { $0.time > last }
            }
        }
        return Zone(name: name, first: offsets[0], changes: changes)
    }

    private static func integer(_ bytes: ArraySlice<UInt8>, at offset: Int, size: Int) -> Int64 {
        let start = bytes.startIndex + offset
        var value: UInt64 = 0
        for byte in bytes[start..<start + size] { value = value << 8 | UInt64(byte) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}
