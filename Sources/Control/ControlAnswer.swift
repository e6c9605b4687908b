// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// The body of an answer, read as it comes, after its status was found to be 200.
///
/// Belongs to one task.
struct ControlAnswer {
    private let connection: ControlConnection
    private var isComplete = false

    /// A longer line, or a longer reason of a refusal, is refused: a container's lines have 1 MiB, and each of their bytes
    /// may take six in JSON.
    static let lineLimit = 8 << 20
    /// A longer JSON answer is refused.
    static let wholeLimit = 64 << 20

    /// Waits for the head; what is not 200 is thrown as the reason that the agent gives.
    init(_ connection: ControlConnection) async throws(ControlError) {
        self.connection = connection
        guard case .head(let status) = try await connection.next() else {
            throw ControlError(.failed, "agent", "its answer has no head")
        }
        guard status != 200 else { return }
        let reason = try await whole(limit: Self.lineLimit)
        do {
            throw try JSONDecoder().decode(ControlErrorReply.self, from: Data(reason)).error
        } catch let error as ControlError {
            throw error
        } catch {
            let what = "it answers \(status) without a reason"
            throw ControlError(.failed, "agent", what, "is it another version? see `martlet version`")
        }
    }

    /// The next bytes; nil at the end.
    mutating func next() async throws(ControlError) -> [UInt8]? {
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
    mutating func whole(limit: Int) async throws(ControlError) -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try await next() {
            guard all.count + bytes.count <= limit else {
                throw ControlError(.failed, "agent", "its answer is longer than \(limit >> 20) MiB")
            }
            all += bytes
        }
        return all
    }
}

extension [UInt8] {
    /// A value from JSON.
    func decoded<Value: Decodable>(_: Value.Type) throws(ControlError) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(self))
        } catch {
            // What fails behind the head of an answer is told in a line of its own.
            if let reply = try? JSONDecoder().decode(ControlErrorReply.self, from: Data(self)) {
                throw reply.error
            }
            let what = "its answer is no \(Value.self)"
            throw ControlError(.failed, "agent", what, "is it another version? see `martlet version`")
        }
    }
}
