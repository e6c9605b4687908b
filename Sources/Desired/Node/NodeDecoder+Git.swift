// SPDX-License-Identifier: Apache-2.0

// What git and ssh are given on their command lines: nothing in it can be an option, a program or a second word.
extension NodeDecoder {
    private static let schemes = ["https", "ssh", "file"]

    static func git(_ field: Field) -> NodeSource.Origin? {
        guard let fields = Fields(field, .nodeGit),
            let place = fields.required(
                "url",
                "add for example 'url: https://git.example.net/ops/nodes.git'"
            ),
            let url = place.parsed(
                "the URL of a repository",
                "write for example https://git.example.net/nodes.git, ssh://git@git.example.net/nodes.git or "
                    + "file:///srv/nodes.git",
                repository
            )
        else { return nil }
        var git = NodeSource.Git(url: url)
        if let ref = fields["ref"] {
            git.ref =
                ref.parsed("a branch or a tag", "write for example main, or refs/tags/v1", reference)
                ?? git.ref
        }
        if let path = fields["path"] {
            git.path =
                path.parsed("a directory of the repository", "write for example apps/nodes", directory) ?? ""
        }
        git.auth = fields["auth"].flatMap(file)
        git.authorities = fields["ca"].flatMap(file)
        git.key = fields["key"].flatMap(file)
        git.knownHosts = fields["known_hosts"]?.absolutePath()
        let scheme = url.prefix { $0 != ":" }
        for (word, wanted) in [("auth", "https"), ("ca", "https"), ("key", "ssh"), ("known_hosts", "ssh")]
        where scheme != wanted {
            fields[word]?.refuse("means nothing for \(scheme)", "use \(wanted), or remove the key")
        }
        if scheme == "ssh", fields["known_hosts"] == nil {
            place.refuse(
                "no server can prove by ssh who it is",
                "add for example 'known_hosts: /etc/martlet/known_hosts'"
            )
        }
        return .git(git)
    }

    /// `SCHEME://[USER@]HOST[:PORT]/PATH`, a user for `ssh` alone and no host for `file`.
    static func repository(_ text: String) -> String? {
        guard text.utf8.count <= 1024, let scheme = schemes.first(where: { text.hasPrefix("\($0)://") })
        else {
            return nil
        }
        let rest = text.dropFirst(scheme.count + 3)
        let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else { return nil }
        let steps = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = steps.enumerated().allSatisfy { index, step in
            (Characters.isName(step, and: "._~+-") || (step.isEmpty && index == steps.count - 1))
                && !step.hasPrefix("-") && step != ".." && step != "."
        }
        guard isPlain else { return nil }
        if scheme == "file" { return parts[0].isEmpty ? text : nil }
        var host = parts[0]
        if scheme == "ssh", let at = host.firstIndex(of: "@") {
            let user = host[..<at]
            guard Characters.isName(user, and: "._-"), !user.hasPrefix("-") else { return nil }
            host = host[host.index(after: at)...]
        }
        return RepositoryPrefixes.isHost(host) ? text : nil
    }

    /// The full name of a branch, or of what begins with `refs/`: git-check-ref-format(1), and ASCII alone.
    static func reference(_ text: String) -> String? {
        let full = text.hasPrefix("refs/") ? text : "refs/heads/\(text)"
        let parts = full.split(separator: "/", omittingEmptySubsequences: false)
        let isFine = parts.allSatisfy {
            Characters.isName($0, and: "._+-") && !$0.hasPrefix(".") && !$0.hasPrefix("-")
                && !$0.hasSuffix(".")
                && !$0.hasSuffix(".lock") && !$0.contains("..")
        }
        return isFine && parts.count >= 3 && full.utf8.count <= 200 ? full : nil
    }

    private static func directory(_ text: String) -> String? {
        let text = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard !text.isEmpty, text.utf8.count <= 1024 else { return text.isEmpty ? "" : nil }
        let isFine = text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            Characters.isName($0, and: "._+-") && $0 != "." && $0 != ".."
        }
        return isFine ? text : nil
    }
}
