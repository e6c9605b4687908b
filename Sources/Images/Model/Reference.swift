// SPDX-License-Identifier: Apache-2.0

/// The full name of an image: `docker.io/library/redis:latest`, `registry.test:5000/a/b@sha256:...`.
public struct Reference: Hashable, Sendable, CustomStringConvertible {
    /// The registry, for example `docker.io` or `localhost:5000`.
    public let registry: String
    /// The repository in the registry, for example `library/redis`.
    public let repository: String
    /// The tag; `latest` if the text named neither tag nor digest.
    public let tag: String?
    /// The digest, which wins over the tag.
    public let digest: Digest?

    /// Parses and normalises a name as a user writes it: `redis` is `docker.io/library/redis:latest`.
    public init(_ text: String) throws(ImageError) {
        func malformed(_ why: String) -> ImageError { ImageError("parse image name", text, .malformed(why)) }
        guard !text.isEmpty else { throw malformed("an image name is empty") }
        guard text.utf8.count <= 512 else { throw malformed("longer than 512 bytes") }
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            digest = try Digest(String(rest[rest.index(after: at)...]))
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastPart = rest.lastIndex(of: "/").map { rest[rest.index(after: $0)...] } ?? rest
        var tag: String?
        if let colon = lastPart.firstIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
            guard Self.isTag(tag ?? "") else {
                throw malformed(
                    "a tag is 1 to 128 letters, digits, '_', '.', '-', and starts with none of the last two"
                )
            }
        }
        self.tag = tag ?? (digest == nil ? "latest" : nil)

        let first = rest.prefix { $0 != "/" }
        let hasRegistry =
            first.count < rest.count
            && (first.contains { $0 == "." || $0 == ":" || $0 == "[" } || first == "localhost"
                || first != first.lowercased())
        var registry = hasRegistry ? String(first) : "docker.io"
        var repository = hasRegistry ? String(rest.dropFirst(first.count + 1)) : String(rest)
        if registry == "index.docker.io" { registry = "docker.io" }
        if registry == "docker.io", !repository.contains("/") { repository = "library/" + repository }
        guard Self.isRegistry(registry) else {
            throw malformed("\(registry) is not a host name with an optional port")
        }
        let parts = repository.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy(Self.isPathPart) else {
            throw malformed(
                "a repository is lower-case letters and digits with single '.', '_', '__' or dashes between"
            )
        }
        guard registry.utf8.count + 1 + repository.utf8.count <= 255 else {
            throw malformed("the name without its tag is longer than 255 bytes")
        }
        let bare = rest.utf8
        guard bare.count != 64 || !bare.allSatisfy({ (0x30...0x39) ~= $0 || (0x61...0x66) ~= $0 }) else {
            throw malformed("64 hexadecimal digits are an identifier, not a name")
        }
        self.registry = registry
        self.repository = repository
    }

    /// Registry and repository.
    public var name: String { registry + "/" + repository }

    /// The normal form: name, tag and digest.
    public var description: String {
        name + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0.description } ?? "")
    }

    static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
        return (isWord(first) || first == 0x5F)
            && text.utf8.allSatisfy { isWord($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39) ~= byte || (0x41...0x5A) ~= byte || (0x61...0x7A) ~= byte
    }

    private static func isRegistry(_ text: String) -> Bool {
        var host = Substring(text)
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            let port = host[host.index(after: colon)...]
            guard (1...5).contains(port.utf8.count), port.utf8.allSatisfy({ (0x30...0x39) ~= $0 }),
                let number = UInt32(port), number <= 65_535
            else { return false }
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]"), host.utf8.count > 3 {
            return host.dropFirst().dropLast().utf8.allSatisfy {
                (0x30...0x39) ~= $0 || (0x41...0x46) ~= $0 || (0x61...0x66) ~= $0 || $0 == 0x3A
            }
        }
        return host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.allSatisfy { isWord($0) || $0 == 0x2D } && label.first != "-"
                && label.last != "-"
        }
    }

    /// `[a-z0-9]+` runs joined by one of `.`, `_`, `__` or any number of dashes.
    private static func isPathPart(_ part: Substring) -> Bool {
        var separator: [UInt8] = [0x2E]  // a part may not start with a separator
        var started = false
        for byte in part.utf8 {
            if (0x30...0x39) ~= byte || (0x61...0x7A) ~= byte {
                let joins =
                    separator.isEmpty || separator == [0x2E] || separator == [0x5F]
                    || separator == [0x5F, 0x5F]
                    || separator.allSatisfy { $0 == 0x2D }
                guard joins else { return false }
                separator = []
                started = true
            } else if started, byte == 0x2E || byte == 0x5F || byte == 0x2D {
                separator.append(byte)
            } else {
                return false
            }
        }
        return started && separator.isEmpty
    }
}
