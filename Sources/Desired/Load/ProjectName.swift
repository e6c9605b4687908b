// SPDX-License-Identifier: Apache-2.0

/// The name of a project.
enum ProjectName {
    /// What Compose makes of the name of a directory; nil if nothing is left of it.
    static func made(from directory: String) -> String? {
        let kept = directory.lowercased().unicodeScalars.filter {
            guard let byte = UInt8(exactly: $0.value), $0.isASCII else { return false }
            return Characters.isLower(byte) || Characters.isDigit(byte) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
        let name = String(String.UnicodeScalarView(kept.drop { $0 == "_" || $0 == "-" }))
        return name.isEmpty ? nil : String(name.prefix(63))
    }

    /// The last name that documents give, its variables put in; problems are left to the reading proper.
    static func given(by documents: [Tree], _ environment: [String: String]) -> String? {
        let texts = documents.compactMap { $0["name"]?.text }.filter { !$0.isEmpty }
        guard let text = texts.last else { return nil }
        let interpolation = Interpolation(lookup: { environment[$0] }, unset: { _ in })
        // What is wrong with it is found again when the file is read.
        return try? interpolation(text)
    }
}
