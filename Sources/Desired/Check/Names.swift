// SPDX-License-Identifier: Apache-2.0

/// The names in a desired state.
///
/// Each check gives the text back, or nil if it is not such a name.
enum Names {
    /// `[a-z0-9][a-z0-9_-]*`, at most 63 characters: it becomes part of unit, cgroup and interface names.
    static func app(_ text: String) -> String? {
        let isFine = text.utf8.allSatisfy {
            Characters.isLower($0) || Characters.isDigit($0) || "_-".utf8.contains($0)
        }
        return begins(text) && isFine && text.utf8.count <= 63 ? text : nil
    }

    /// `[a-zA-Z0-9._-]+`, but no path of dots, at most 63 characters.
    static func service(_ text: String) -> String? {
        Characters.isName(text, and: "._-") && text.utf8.count <= 63 && text != "." && text != ".."
            ? text : nil
    }

    /// `[a-zA-Z0-9][a-zA-Z0-9_.-]*`, at most 63 characters: networks and volumes.
    static func resource(_ text: String) -> String? {
        begins(text) ? service(text) : nil
    }

    /// `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
    static func container(_ text: String) -> String? {
        text.utf8.count >= 2 ? resource(text) : nil
    }

    /// A host name as RFC 1123 has it, no longer than the 64 characters of sethostname(2).
    static func host(_ text: String) -> String? {
        text.utf8.count <= 64 ? domain(text) : nil
    }

    /// A name in DNS: labels of letters, digits and inner hyphens.
    static func domain(_ text: String) -> String? {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let isFine = labels.allSatisfy {
            Characters.isName($0, and: "-") && $0.utf8.count <= 63 && !$0.hasPrefix("-") && !$0.hasSuffix("-")
        }
        return isFine && text.utf8.count <= 253 ? text : nil
    }

    /// The name of an environment variable: anything printable but `=`.
    static func variable(_ text: String) -> String? {
        !text.isEmpty && !text.utf8.contains { "= ".utf8.contains($0) } && !Characters.hasControl(text)
            ? text : nil
    }

    /// The name of a systemd credential, which is that of a file.
    static func isCredential(_ text: String) -> Bool {
        Characters.isName(text, and: "._-") && text != "." && text != ".." && text.utf8.count <= 255
    }

    /// The name of a node's label: letters, digits, `.`, `_`, `-` and `/`, at most 63 of them.
    static func isLabelKey(_ text: String) -> Bool {
        Characters.isName(text, and: "._-/") && text.utf8.count <= 63
    }

    /// The value of a node's label: letters, digits, `.`, `_` and `-`, at most 63 of them.
    static func isLabelValue(_ text: String) -> Bool {
        Characters.isName(text, and: "._-") && text.utf8.count <= 63
    }

    private static func begins(_ text: String) -> Bool {
        text.utf8.first.map(Characters.isAlphanumeric) ?? false
    }
}
