// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// An access key in a file, as others write them too.
enum AccessKeyText {
    static let maximumBytes = 64 << 10

    /// The JSON of AWS (what a `credential_process` prints, or a machine is told of its role), or else a section of
    /// its shared credentials file; nil for what has no key.
    static func key(_ bytes: [UInt8], profile: String = "default") -> AccessKey? {
        guard bytes.count <= maximumBytes, let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        return text.drop(while: \.isWhitespace).hasPrefix("{") ? json(bytes) : section(profile, of: text)
    }

    private struct Document: Decodable {
        let AccessKeyId: String
        let SecretAccessKey: String
        let SessionToken: String?
        /// What a machine's metadata call the session.
        let Token: String?
        let Expiration: String?
    }

    private static func json(_ bytes: [UInt8]) -> AccessKey? {
        // What is wrong with it may hold the secret: nobody is told.
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)) else { return nil }
        var ends: Int64?
        if let text = document.Expiration {
            guard let time = S3Page.seconds(text) else { return nil }
            ends = time
        }
        return checked(
            document.AccessKeyId,
            document.SecretAccessKey,
            session: document.SessionToken ?? document.Token,
            ends: ends
        )
    }

    private static func section(_ profile: String, of text: String) -> AccessKey? {
        var words: [String: String] = [:]
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = trimmed(line)
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                isInside = trimmed(line.dropFirst().dropLast()) == profile
            } else if isInside, let sign = line.firstIndex(of: "=") {
                words[trimmed(line[..<sign]).lowercased()] = trimmed(line[line.index(after: sign)...])
            }
        }
        guard let id = words["aws_access_key_id"], let secret = words["aws_secret_access_key"] else {
            return nil
        }
        return checked(id, secret, session: words["aws_session_token"], ends: nil)
    }

    /// A key whose parts can stand in the head of a request; nil if they cannot.
    static func checked(_ id: String, _ secret: String, session: String?, ends: Int64?) -> AccessKey? {
        func isFine(_ text: String, _ most: Int) -> Bool {
            (1...most).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
        guard isFine(id, 256), !id.contains("/"), isFine(secret, 256),
            session.map({ isFine($0, 16 << 10) }) ?? true
        else { return nil }
        return AccessKey(id: id, secret: secret, session: session, ends: ends)
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(String(start.reversed()).drop(while: \.isWhitespace).reversed())
    }
}
