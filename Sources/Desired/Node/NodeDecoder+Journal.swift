// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// What an address of a unix socket has room for, unix(7).
    private static let longestSocket = 107

    /// The words of a sink that writes to the journal of this node.
    static func journal(_ field: Field) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeJournal) else { return nil }
        var journal = SinkSettings.Journal()
        if let field = fields["socket"], let path = field.absolutePath() {
            if path.utf8.count > longestSocket {
                field.refuse("more than \(longestSocket) bytes", "use a shorter path")
            }
            journal.socket = path
        }
        return .journal(journal)
    }

    /// The words of a sink that writes to the journal of another node.
    static func remoteJournal(_ field: Field) -> SinkSettings.Kind? {
        let example = "https://logs.example.net:19532"
        guard let fields = Fields(field, .nodeRemoteJournal),
            let url = fields.required("url", "add for example 'url: \(example)'")?
                .parsed("the URL of systemd-journal-remote", "write for example \(example)", upload)
        else { return nil }
        var journal = SinkSettings.RemoteJournal(url)
        journal.tls = sinkTLS(fields, isSpoken: url.hasPrefix("https:"))
        return .remoteJournal(journal)
    }

    /// With the one path that it takes entries at.
    private static func upload(_ text: String) -> String? {
        let end = text.hasSuffix("/upload") ? "" : text.hasSuffix("/") ? "upload" : "/upload"
        return isURL(text + end, ["https", "http"]) ? text + end : nil
    }
}
