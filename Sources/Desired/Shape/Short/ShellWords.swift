// SPDX-License-Identifier: Apache-2.0

/// Splits a command line into words as a shell does, without expanding anything.
enum ShellWords {
    /// Why a line is not a list of words.
    enum Fault: Error {
        /// A quote, or a backslash at the end, waits for more.
        case open
        /// Outside quotes stands what only a shell understands.
        case shell(Character)
    }

    /// The words.
    static func split(_ text: String) throws(Fault) -> [String] {
        var words: [String] = []
        var word = ""
        var isInWord = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                // Within double quotes a backslash is itself, unless it guards one of these.
                let stays = quote == "\"" && !"\"\\$`\n".contains(character)
                if character != "\n" {
                    word += stays ? "\\" : ""
                    word.append(character)
                    isInWord = true
                }
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "'" || character == "\"" {
                quote = character
                isInWord = true
            } else if " \t\n\r\r\n".contains(character) {
                if isInWord { words.append(word) }
                word = ""
                isInWord = false
            } else if ";&|<>()`".contains(character) {
                throw .shell(character)
            } else {
                word.append(character)
                isInWord = true
            }
        }
        guard quote == nil, !isEscaped else { throw .open }
        if isInWord { words.append(word) }
        return words
    }
}
