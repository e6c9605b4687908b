// SPDX-License-Identifier: Apache-2.0

/// Why a file in the format age v1 cannot be read; says nothing of what is in it.
public enum AgeFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// It does not begin as such a file does.
    case foreign
    /// Its header, or its armor, breaks the format.
    case malformed(String)
    /// It holds more than so many bytes.
    case size(Int)
    /// None of our identities is one of its recipients.
    case stranger
    /// Its header or its content is not what was written.
    case damaged
    /// The identity is not one of X25519.
    case identity(String)

    /// What is wrong, with the remedy.
    public var description: String {
        switch self {
        case .foreign: "is not an age file: encrypt it with `age -r RECIPIENT`"
        case .malformed(let what): "is a damaged age file (\(what)): encrypt it anew"
        case .size(let limit): "holds more than \(limit >> 10) KiB: use a volume"
        case .stranger: "is encrypted for others: add this node's recipient with `age -r`"
        case .damaged: "is a damaged age file: encrypt it anew"
        case .identity(let what): "is not an age identity (\(what)): make one with `age-keygen`"
        }
    }
}
