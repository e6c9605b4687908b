// SPDX-License-Identifier: Apache-2.0

/// A file or directory: where it is, and how the user would call it; two names of one path are the same place.
struct Place: Equatable {
    /// The absolute path in its plain form.
    let path: String
    /// The same as the user would write it.
    let name: String

    static func == (one: Place, other: Place) -> Bool {
        one.path == other.path
    }

    /// What a text within the directory refers to; nil if it is no path.
    func file(_ text: String) -> Place? {
        guard let path = FilePlace.resolve(text, in: path) else { return nil }
        return Place(path: path, name: text.hasPrefix("/") ? path : Place.joined(name, text))
    }

    /// The directory that this file is in.
    var directory: Place {
        Place(path: Place.parent(of: path) ?? "/", name: Place.parent(of: name) ?? "")
    }

    /// The last part of the path.
    var base: String {
        String(decoding: path.utf8.split(separator: Place.slash).last ?? [], as: UTF8.self)
    }

    /// A place known by its path alone, called as it lies in this directory.
    func calling(_ path: String) -> Place {
        let prefix = self.path == "/" ? "/" : self.path + "/"
        guard path.hasPrefix(prefix) else { return Place(path: path, name: path) }
        return Place(path: path, name: Place.joined(name, String(path.dropFirst(prefix.count))))
    }

    private static let slash = UInt8(ascii: "/")

    private static func parent(of text: String) -> String? {
        guard let cut = text.utf8.lastIndex(of: slash) else { return nil }
        return cut == text.startIndex ? "/" : String(text[..<cut])
    }

    /// A text under a directory's name, without `.` and with `..` taken back where there is something to take.
    private static func joined(_ name: String, _ text: String) -> String {
        var parts: [String] = []
        let all = name.utf8.split(separator: slash) + text.utf8.split(separator: slash)
        for part in all.map({ String(decoding: $0, as: UTF8.self) }) where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return (name.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
