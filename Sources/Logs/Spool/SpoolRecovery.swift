// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// What a spool's files say about where the writer stood.
struct SpoolRecovery {
    /// One segment on disk.
    struct Segment: Equatable, Sendable {
        var firstSequence: UInt64
        var size: Int
        /// When it was begun, nanoseconds since 1970; 0 if its header is damaged.
        var time: UInt64 = 0
        /// Everything written before this segment.
        var before: PerStream<LineCount>
    }

    private(set) var segments: [Segment] = []
    private(set) var streams = PerStream(both: StreamState())
    private(set) var nextSequence: UInt64 = 1
    /// When the newest block was written, nanoseconds since 1970; 0 if there is none.
    private(set) var lastWrite: UInt64 = 0
    /// The segment to go on with, or nil to begin a new one.
    private(set) var current: (descriptor: Descriptor, salt: UInt32)?

    /// After a power loss records that sinks have seen may be gone: numbers leap so that none is used twice.
    static let sequenceLeap: UInt64 = 1 << 20

    /// Verifies the newest segment, cuts its torn tail, and keeps every intact block.
    init(_ folder: SpoolFolder, boot: BootIdentity) throws(LinuxError) {
        var files: [SegmentFile] = []
        for first in try folder.segments() {
            files.append(try SegmentFile(try folder.open(first, writing: true), firstSequence: first))
        }
        // Counters come from the newest header that is intact; later segments are walked through.
        let base = files.lastIndex { $0.header != nil } ?? 0
        for (index, file) in files.enumerated() {
            var size = try file.size()
            if index >= base {
                let isLast = index == files.count - 1
                let (end, blocks) = try walk(file)
                if isLast, blocks == 0, file.header == nil {
                    // The writer died while it made this segment.
                    try folder.remove(file.firstSequence)
                    continue
                }
                if isLast, end < size {
                    try check("ftruncate", folder.path, ftruncate(file.descriptor.number, off_t(end)))
                    size = end
                }
                if isLast, let header = file.header { resume(file, header, boot: boot) }
            }
            segments.append(
                Segment(
                    firstSequence: file.firstSequence,
                    size: size,
                    time: file.header?.time ?? 0,
                    before: PerStream(
                        stdout: file.header?.streams.stdout.written ?? LineCount(),
                        stderr: file.header?.streams.stderr.written ?? LineCount()
                    )
                )
            )
        }
    }

    /// Takes a segment's intact blocks into account; returns where the last of them ends, and their number.
    private mutating func walk(_ file: SegmentFile) throws(LinuxError) -> (end: Int, blocks: Int) {
        if let header = file.header {
            // What was left out stands in blocks at the beginning.
            let omitted = streams
            streams = header.streams
            for stream in LogStream.allCases { streams[stream].omitted = omitted[stream].omitted }
        }
        nextSequence = max(nextSequence, file.firstSequence)
        var scan = BlockScan(file)
        var end = SegmentHeader.size, blocks = 0
        // Blocks with a damaged body count only when an intact one follows: else they are the torn tail.
        var tentative = streams
        while true {
            switch try scan.peek() {
            case .end: return (end, blocks)
            case .damage: continue
            case .block(let header):
                let body = try scan.body(of: header)
                scan.pass(header)
                let table = header.hasTable ? body.flatMap { Omissions($0) } : nil
                tentative[header.stream].pass(header, table)
                guard body != nil else { continue }
                streams = tentative
                lastWrite = max(lastWrite, header.time)
                nextSequence = max(nextSequence, header.nextSequence)
                end = scan.offset
                blocks += 1
            }
        }
    }

    private mutating func resume(_ file: SegmentFile, _ header: SegmentHeader, boot: BootIdentity) {
        if header.boot == boot, header.version == SegmentHeader.version {
            current = (file.descriptor, header.salt)
        } else if header.boot != boot {
            nextSequence += Self.sequenceLeap
        }
    }
}
