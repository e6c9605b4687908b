// SPDX-License-Identifier: Apache-2.0

/// A JSON value, RFC 8259.
///
/// Integers stay exact and members keep their order.
public enum JSON: Equatable, Sendable {
    /// A member of an object.
    public struct Member: Equatable, Sendable {
        /// Its name.
        public var key: String
        /// Its value.
        public var value: JSON

        /// Describes a member.
        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// A number; one written without fraction and exponent stays exact within 64 bits.
    public enum Number: Equatable, Sendable {
        /// An integer that a signed word holds.
        case integer(Int64)
        /// A larger integer; never one that `integer` could hold.
        case natural(UInt64)
        /// Any other number.
        case real(Double)

        /// An integer of at most 64 bits; a wider one is clamped.
        public init(_ value: some FixedWidthInteger) {
            if let small = Int64(exactly: value) {
                self = .integer(small)
            } else {
                self = value < 0 ? .integer(.min) : .natural(UInt64(clamping: value))
            }
        }
    }

    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number.
    case number(Number)
    /// A string.
    case string(String)
    /// A list.
    case array([JSON])
    /// An object; no key twice.
    case object([Member])

    /// A number that is an integer.
    public init(_ value: some FixedWidthInteger) {
        self = .number(Number(value))
    }

    /// An object of strings, sorted by key.
    public init(_ table: [String: String]) {
        self = .object(table.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
    }

    /// The value of an object's member; nil if there is none or this is no object.
    public subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        // Equality of strings is that of their normal forms: a KELVIN SIGN equals a K. What equals an ASCII
        // name and has as many bytes is that name.
        return members.first { $0.key.utf8.count == key.utf8.count && $0.key == key }?.value
    }

    /// What it is, with its article, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .number(.integer(value)) }
    /// A list.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object, in the order written.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
