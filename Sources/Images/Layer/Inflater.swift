// SPDX-License-Identifier: Apache-2.0
internal import CIsal
internal import CZstd
internal import Glibc

/// How the bytes of a layer are packed.
enum Compression: Equatable {
    case none, gzip, zstd

    /// Reads it from the first bytes: that is safe, because what comes out must have a known digest.
    init(_ start: UnsafeRawBufferPointer) {
        // RFC 1952, section 2.3.1, and RFC 8878, section 3.1: a frame, or one that is to be skipped.
        let first = Array(start.prefix(4))
        if first.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if first == [0x28, 0xB5, 0x2F, 0xFD]
            || (first.count == 4 && first[0] & 0xF0 == 0x50 && first[1...] == [0x2A, 0x4D, 0x18])
        {
            self = .zstd
        } else {
            self = .none
        }
    }
}

/// Data that is not what its format allows.
struct InflateFlaw: Error, Equatable { let text: String }

/// Takes packed bytes and gives plain ones, over any number of gzip members or zstd frames.
protocol Inflater: AnyObject {
    /// Nothing was begun that has not ended.
    var isComplete: Bool { get }

    /// Takes what it can of `input` and gives what fits in `output`.
    func inflate(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(InflateFlaw) -> (taken: Int, given: Int)
}

/// Bytes that are plain already.
final class PlainInflater: Inflater {
    let isComplete = true

    func inflate(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(InflateFlaw) -> (taken: Int, given: Int) {
        let count = min(input.count, output.count)
        output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        return (count, count)
    }
}

/// gzip by ISA-L, each member with its checksum (RFC 1952).
final class GzipInflater: Inflater {
    private let state: UnsafeMutableRawPointer
    private(set) var isComplete = false

    init() throws(InflateFlaw) {
        guard let state = martlet_gunzip_new() else { throw InflateFlaw(text: "no memory to inflate gzip") }
        self.state = state
    }

    deinit { free(state) }

    func inflate(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(InflateFlaw) -> (taken: Int, given: Int) {
        if isComplete { martlet_gunzip_reset(state) }
        var taken = min(input.count, Int(Int32.max))
        var given = min(output.count, Int(Int32.max))
        let result = martlet_gunzip(state, input.baseAddress, &taken, output.baseAddress, &given)
        guard result >= 0 else { throw InflateFlaw(text: Self.text(of: result)) }
        isComplete = result == 1
        return (taken, given)
    }

    private static func text(of code: Int32) -> String {
        switch code {
        case ISAL_INVALID_WRAPPER: "what follows is no gzip member"
        case ISAL_UNSUPPORTED_METHOD: "the gzip method is not deflate"
        case ISAL_INCORRECT_CHECKSUM: "the gzip checksum is wrong"
        default: "the gzip data is broken (code \(code))"
        }
    }
}

/// zstd by its own library (RFC 8878).
final class ZstdInflater: Inflater {
    /// 2^23 = 8 MiB: what RFC 8878 wants of every decoder, and a bound on our memory.
    private static let windowLog: Int32 = 23
    private let stream: OpaquePointer
    private(set) var isComplete = false

    init() throws(InflateFlaw) {
        guard let stream = ZSTD_createDStream() else {
            throw InflateFlaw(text: "no memory to inflate zstd")
        }
        self.stream = stream
        ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Self.windowLog)
    }

    deinit { ZSTD_freeDStream(stream) }

    func inflate(
        _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(InflateFlaw) -> (taken: Int, given: Int) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = ZSTD_decompressStream(stream, &target, &source)
        guard ZSTD_isError(result) == 0 else {
            let name = String(cString: ZSTD_getErrorName(result))
            throw InflateFlaw(text: "zstd: " + name.prefix(1).lowercased() + name.dropFirst())
        }
        isComplete = result == 0
        return (source.pos, target.pos)
    }
}
