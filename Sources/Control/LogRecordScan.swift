// SPDX-License-Identifier: Apache-2.0

/// Finds what a line of `LogRecordText` says, without decoding it as JSON of any kind.
///
/// What it found is there until it reads the next line.
package struct LogRecordScan {
    /// The text of the line.
    package private(set) var line: [UInt8] = []
    /// The service that it is of.
    package private(set) var service = ""
    /// Which one of the service's instances.
    package private(set) var instance = 0
    private var name: [UInt8] = []
    private var known: [UInt8] = []

    /// Has read nothing.
    package init() {}

    /// Reads a line without its end; false if it is anything else than what `LogRecordText` writes, for another
    /// version's record is to be decoded.
    package mutating func read(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard var scan = JSONScan(bytes) else { return false }
        line.removeAll(keepingCapacity: true)
        guard scan.word(#"{"app":""#), string(&scan, isService: false),
            scan.word(#","instance":"#), let instance = scan.number().flatMap({ Int(exactly: $0) }),
            scan.word(#","line":""#), scan.string(to: &line),
            scan.word(#","seq":"#), scan.number() != nil,
            scan.word(#","service":""#), string(&scan, isService: true),
            scan.word(#","stream":"std"#), scan.word(#"out""#) || scan.word(#"err""#),
            scan.word(#","time":"#), scan.number() != nil, scan.word("}")
        else { return false }
        self.instance = instance
        return scan.isAtEnd
    }

    private mutating func string(_ scan: inout JSONScan, isService: Bool) -> Bool {
        name.removeAll(keepingCapacity: true)
        guard scan.string(to: &name) else { return false }
        // It is that of the line before, but for one in many.
        if isService, name != known {
            service = String(decoding: name, as: UTF8.self)
            known = name
        }
        return true
    }
}
