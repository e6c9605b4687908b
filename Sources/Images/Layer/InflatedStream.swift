// SPDX-License-Identifier: Apache-2.0

/// The plain bytes of a stream that may be packed (gzip or zstd), counted as they pass.
final class InflatedStream: ByteStream {
    private let source: any ByteStream
    private let subject: String
    private let limits: ImageLimits
    private let maximumBytes: Int64
    private let inflater: any Inflater
    private var input: UnsafeRawBufferPointer.SubSequence
    private var buffer: UnsafeMutableRawBufferPointer?
    /// The last output was filled: more may wait in the inflater.
    private var mayHold = false
    /// Nothing more will come out.
    private(set) var isAtEnd = false
    private var packed: Int64 = 0
    private var plain: Int64 = 0

    /// Reads the first block of `source` to see what it is; at most `maximumBytes` will come out.
    init(
        _ source: any ByteStream,
        subject: String,
        limits: ImageLimits,
        maximumBytes: Int64
    ) throws(ImageError) {
        self.source = source
        self.subject = subject
        self.limits = limits
        self.maximumBytes = maximumBytes
        let first = try source.next() ?? UnsafeRawBufferPointer(start: nil, count: 0)
        input = first[...]
        do throws(InflateFlaw) {
            inflater =
                switch Compression(first) {
                case .none: PlainInflater()
                case .gzip: try GzipInflater()
                case .zstd: try ZstdInflater()
                }
        } catch {
            throw ImageError("read", subject, .malformed(error.text))
        }
    }

    deinit { buffer?.deallocate() }

    func next() throws(ImageError) -> UnsafeRawBufferPointer? {
        let buffer = self.buffer ?? .allocate(byteCount: 256 << 10, alignment: 4096)
        self.buffer = buffer
        let count = try read(into: buffer)
        return count == 0 ? nil : UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// Fills a buffer; what is left of it empty is so because the stream has ended.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(ImageError) -> Int {
        var filled = 0
        while filled < buffer.count, !isAtEnd {
            let holds = mayHold && !inflater.isComplete
            if input.isEmpty, !holds {
                guard let block = try source.next() else {
                    guard inflater.isComplete else {
                        throw ImageError("read", subject, .malformed("the compressed data is cut short"))
                    }
                    isAtEnd = true
                    break
                }
                input = block[...]
            }
            let (taken, given) = try inflate(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            guard taken > 0 || given > 0 || holds else {
                throw ImageError("read", subject, .malformed("the compressed data leads nowhere"))
            }
            input = input.dropFirst(taken)
            filled += given
            mayHold = filled == buffer.count
            try count(taken, given)
        }
        return filled
    }

    private func inflate(
        into output: UnsafeMutableRawBufferPointer
    ) throws(ImageError) -> (taken: Int, given: Int) {
        do throws(InflateFlaw) {
            return try inflater.inflate(UnsafeRawBufferPointer(rebasing: input), into: output)
        } catch {
            throw ImageError("read", subject, .malformed(error.text))
        }
    }

    private func count(_ taken: Int, _ given: Int) throws(ImageError) {
        packed += Int64(taken)
        plain += Int64(given)
        guard plain <= maximumBytes else {
            throw ImageError("read", subject, .limit("more than \(maximumBytes) bytes when uncompressed"))
        }
        guard plain <= limits.ratioFloor || plain / max(packed, 1) <= limits.ratio else {
            throw ImageError("read", subject, .limit("compressed more than \(limits.ratio) times"))
        }
    }
}
