// SPDX-License-Identifier: Apache-2.0

extension Character {
    /// How many columns of a terminal it takes: 0, 1 or 2.
    package var displayWidth: Int {
        if unicodeScalars.contains("\u{fe0f}") { return 2 }  // shown as an emoji
        return unicodeScalars.map(\.displayWidth).max() ?? 0
    }
}

extension Unicode.Scalar {
    /// Wide and full-width as in Unicode Standard Annex 11, by block.
    fileprivate var displayWidth: Int {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97f,
            0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6,
            0x20000...0x3fffd:
            return 2
        default: return properties.isEmojiPresentation ? 2 : 1
        }
    }
}

extension StringProtocol {
    /// How many columns of a terminal it takes.
    package var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

    /// As much of it as fits in so many columns; a cut is shown.
    package func fitted(to columns: Int) -> String {
        guard displayWidth > columns else { return String(self) }
        guard columns > 0 else { return "" }
        var width = 0
        let kept = prefix { character in
            width += character.displayWidth
            return width < columns
        }
        return kept + "…"
    }
}
