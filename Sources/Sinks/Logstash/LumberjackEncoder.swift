// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Logs

/// Puts batches in the frames of lumberjack, version 2: a window, then its events, packed or not.
struct LumberjackEncoder {
    /// What is sent, and what the receiver confirms.
    struct Payload {
        /// The frames.
        var bytes: [UInt8] = []
        /// How many events each window has.
        var windows: [UInt32] = []
    }

    private let settings: SinkSettings.Lumberjack
    private let deflater: Deflater?

    init(_ settings: SinkSettings.Lumberjack) {
        self.settings = settings
        deflater = settings.level == 0 ? nil : Deflater(.zlib, level: settings.level)
    }

    func encode(_ batch: LogBatch) throws(SinkError) -> Payload {
        var payload = Payload()
        // What is left of the batch that has no frame yet.
        var left = batch.count
        var count: UInt32 = 0
        var frames = JSONText(capacity: batch.bytes + batch.count * 800)
        for part in batch.parts {
            var encoder = EventEncoder(part.origin)
            for index in part.events.indices {
                count += 1
                Self.header("J", [count, 0], &frames.bytes)
                let start = frames.bytes.count
                encoder.append(part, index, to: &frames)
                Self.set(UInt32(truncatingIfNeeded: frames.bytes.count - start), at: start - 4, &frames.bytes)
                left -= 1
                if count == settings.window || left == 0 {
                    try close(count, frames.bytes, &payload)
                    frames.bytes.removeAll(keepingCapacity: true)
                    count = 0
                }
            }
        }
        return payload
    }

    /// A window with all of its events.
    private func close(_ count: UInt32, _ frames: [UInt8], _ payload: inout Payload) throws(SinkError) {
        payload.windows.append(count)
        Self.header("W", [count], &payload.bytes)
        guard let deflater else {
            payload.bytes += frames
            return
        }
        guard let packed = deflater.pack(frames), let size = UInt32(exactly: packed.count) else {
            throw SinkError("pack for", "\(settings.address)", .rejected("4 GiB and more"))
        }
        Self.header("C", [size], &payload.bytes)
        payload.bytes += packed
    }

    /// The version, the kind and its numbers, their highest bytes first.
    private static func header(_ kind: Unicode.Scalar, _ numbers: [UInt32], _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "2"))
        bytes.append(UInt8(ascii: kind))
        for number in numbers {
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
    }

    private static func set(_ number: UInt32, at place: Int, _ bytes: inout [UInt8]) {
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> (24 - 8 * index)) }
    }
}
