// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1

/// The body of an answer, read as it comes, after its status was found to be 200.
///
/// Belongs to one task.
struct ControlAnswer {
    private let connection: ControlConnection
    private var isComplete = false

    /// A longer line, or a longer reason of a refusal, is refused.
    static let lineLimit = 2 << 20
    /// A longer JSON answer is refused.
    static let wholeLimit = 64 << 20

    /// Waits for the head; what is not 200 is thrown as the reason that the agent gives.
    init(_ connection: ControlConnection) async throws(ControlError) {
        self.connection = connection
        guard case .head(let head) = try await connection.next() else {
            throw ControlError(.failed, "agent", "its answer has no head")
        }
        guard head.status != .ok else { return }
        let reason = try await whole(limit: Self.lineLimit)
        do {
            throw try JSONDecoder().decode(ControlErrorReply.self, from: reason.data).error
        } catch let error as ControlError {
            throw error
        } catch {
            let what = "it answers \(head.status.code) without a reason"
            throw ControlError(.failed, "agent", what, "is it another version? see `martlet version`")
        }
    }

    /// The next bytes; nil at the end.
    mutating func next() async throws(ControlError) -> ByteBuffer? {
        while !isComplete {
            switch try await connection.next() {
            case .head: break
            case .body(let bytes): return bytes
            case .end: isComplete = true
            }
        }
        return nil
    }

    /// All that is left.
    mutating func whole(limit: Int) async throws(ControlError) -> ByteBuffer {
        var all = ByteBuffer()
        while var bytes = try await next() {
            guard all.readableBytes + bytes.readableBytes <= limit else {
                throw ControlError(.failed, "agent", "its answer is longer than \(limit >> 20) MiB")
            }
            all.writeBuffer(&bytes)
        }
        return all
    }
}

extension ByteBuffer {
    /// The readable bytes as Foundation's coders want them.
    var data: Data { withUnsafeReadableBytes { Data($0) } }

    /// A value from JSON.
    func decoded<Value: Decodable>(_: Value.Type) throws(ControlError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            let what = "its answer is no \(Value.self)"
            throw ControlError(.failed, "agent", what, "is it another version? see `martlet version`")
        }
    }
}
