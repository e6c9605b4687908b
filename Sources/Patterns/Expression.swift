// SPDX-License-Identifier: Apache-2.0

/// What a pattern is made of.
indirect enum Expression: Sendable {
    case nothing
    case byte(ByteSet)
    case sequence([Expression])
    /// The earlier one is rather taken.
    case either([Expression])
    case repeated(Expression, least: Int, most: Int?, isGreedy: Bool)
    case assertion(Assertion)

    /// What must hold at a place.
    enum Assertion: Sendable {
        case lineStart, lineEnd, wordBoundary, noWordBoundary
    }

    /// The bytes of a text, one after the other.
    static func text(_ bytes: some Sequence<UInt8>) -> Expression {
        .sequence(bytes.map { .byte(ByteSet([$0])) })
    }
}
