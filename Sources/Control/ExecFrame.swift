// SPDX-License-Identifier: Apache-2.0

/// A piece of the answer to an exec: one byte of kind, four bytes of length (big endian), then the bytes.
public struct ExecFrame: Sendable, Equatable {
    /// What a frame carries.
    public enum Kind: UInt8, Sendable {
        /// Bytes of standard output.
        case stdout = 1
        /// Bytes of standard error.
        case stderr = 2
        /// The end: the exit status as four bytes, big endian; 128 plus the signal if one killed it.
        case exit = 3
        /// The end: it could not be started, or its status could not be learned; the bytes say why.
        case failure = 4
    }

    /// The length of the kind and the length.
    public static let headerSize = 5
    /// A longer payload is refused.
    public static let maximumPayload = 1 << 20

    /// What it carries.
    public var kind: Kind
    /// The bytes.
    public var payload: [UInt8]

    /// A frame of these bytes.
    public init(_ kind: Kind, _ payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }

    /// The frame that tells an exit status.
    public static func exit(_ status: Int32) -> ExecFrame {
        ExecFrame(.exit, withUnsafeBytes(of: status.bigEndian) { Array($0) })
    }

    /// The exit status that it tells; nil if it tells none.
    public var status: Int32? {
        guard kind == .exit, payload.count == 4 else { return nil }
        return payload.reduce(Int32(0)) { $0 << 8 | Int32($1) }
    }

    /// The bytes on the wire.
    public var encoded: [UInt8] {
        [kind.rawValue] + withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload
    }
}
