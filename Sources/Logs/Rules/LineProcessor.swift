// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Decides line by line what of a stream comes to the spool, and how.
///
/// It looks at whole lines: what of one has come waits in `Held` until its end does. A line that is longer than what
/// can wait is given in pieces, each with what could be the beginning of a secret held back. Belongs to the capture
/// thread.
final class LineProcessor {
    private let rules: LineRules
    private let redactor: Redactor?
    private let sampler: Sampler?
    private let output: LineBuffer
    private var omitted = Omissions()

    /// What came of a batch.
    struct Result {
        /// What goes to the spool; valid until the next call.
        var bytes: UnsafeRawBufferPointer
        var omitted: Omissions
        /// What waits now.
        var held: HoldMemory.Held
        var bucket: RateBucket
    }

    /// So much of a line that goes on is looked at again with what follows.
    private static let overlap = SecretForms.longest
    /// As long as a batch has less than this, secrets are replaced by their names, which may be much longer.
    private static let namedUntil = 512 << 10
    /// What a batch and all that waits can become.
    static let mostBytes = 3 << 20

    init(_ rules: LineRules, into output: LineBuffer) {
        self.rules = rules
        self.output = output
        redactor = Redactor(rules)
        sampler = Sampler(rules.sample)
    }

    /// Whether there is nothing to be done with lines any more.
    var isIdle: Bool { rules.isEmpty }

    /// Takes what waited with what came; `isLast` if no more comes, and nothing waits any more.
    ///
    /// The same arguments give the same result.
    func process(
        _ input: UnsafeRawBufferPointer,
        held: HoldMemory.Held,
        bucket: RateBucket,
        now: UInt64,
        isLast: Bool
    ) -> Result {
        output.clear()
        omitted = Omissions()
        var bucket = bucket, next = held
        next.bytes = []
        var start = 0
        while start < input.count, let base = input.baseAddress,
            let newline = memchr(base + start, 0x0a, input.count - start)
        {
            let end = UnsafeRawPointer(newline) - base
            let line = UnsafeRawBufferPointer(rebasing: input[start..<end])
            add(line, &next, &bucket, now, isWhole: true)
            next.goesOn = false
            next.omitted = nil
            start = end + 1
        }
        let rest = UnsafeRawBufferPointer(rebasing: input[start...])
        if isLast || rules.isEmpty {
            if !rest.isEmpty {
                add(rest, &next, &bucket, now, isWhole: false)
                next.goesOn = true
            }
        } else if rest.count > HoldMemory.capacity {
            let cut = self.cut(rest)
            add(UnsafeRawBufferPointer(rebasing: rest[..<cut]), &next, &bucket, now, isWhole: false)
            next.goesOn = true
            next.bytes = Array(rest[cut...])
        } else {
            next.bytes = Array(rest)
        }
        return Result(
            bytes: output.bytes,
            omitted: omitted,
            held: next,
            bucket: bucket
        )
    }

    /// Where a line that goes on can be parted: not inside of what is to be redacted, or may become so.
    private func cut(_ rest: UnsafeRawBufferPointer) -> Int {
        let wanted = rest.count - Self.overlap
        guard let span = redactor?.redactions(of: rest).first(where: { $0.range.upperBound > wanted })?.range,
            span.lowerBound < wanted
        else { return wanted }
        if span.upperBound < rest.count { return span.upperBound }
        // It may go on; but no more can wait than there is room for.
        return max(span.lowerBound, rest.count - HoldMemory.capacity)
    }

    /// A line, or a piece of one.
    private func add(
        _ line: UnsafeRawBufferPointer,
        _ held: inout HoldMemory.Held,
        _ bucket: inout RateBucket,
        _ now: UInt64,
        isWhole: Bool
    ) {
        let cause = held.goesOn ? held.omitted : cause(line, &bucket, now)
        held.omitted = cause
        if let cause {
            let count = LineCount(lines: held.goesOn ? 0 : 1, bytes: UInt64(line.count))
            if cause == .sampled {
                omitted.sampled = omitted.sampled + count
            } else {
                omitted.rateLimited = omitted.rateLimited + count
            }
            return
        }
        write(line, endsLine: isWhole)
    }

    /// Why a line is to be left out.
    private func cause(_ line: UnsafeRawBufferPointer, _ bucket: inout RateBucket, _ now: UInt64)
        -> LossCause?
    {
        if let sampler, !sampler.keeps(line) { return .sampled }
        if let rate = rules.rate, !bucket.take(line.count, of: rate, now: now) { return .rateLimited }
        return nil
    }

    // MARK: Writing

    private func write(_ line: UnsafeRawBufferPointer, endsLine: Bool) {
        var start = 0
        for (range, name) in redactor?.redactions(of: line) ?? [] {
            output.put(UnsafeRawBufferPointer(rebasing: line[start..<range.lowerBound]))
            let isNamed = name != nil && output.count < Self.namedUntil
            var mark = isNamed ? "[redacted:\(name ?? "")]" : "[redacted]"
            mark.withUTF8 { output.put(UnsafeRawBufferPointer($0)) }
            omitted.redactions += 1
            start = range.upperBound
        }
        output.put(UnsafeRawBufferPointer(rebasing: line[start...]))
        if endsLine { withUnsafeBytes(of: UInt8(ascii: "\n")) { output.put($0) } }
    }
}
