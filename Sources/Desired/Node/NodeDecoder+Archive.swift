// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let archivePace = Duration.seconds(1)...Duration.seconds(86_400)
    private static let archiveSizes = ByteCount(64 << 10)...ByteCount(64 << 20)

    /// The words of a sink that archives lines in one of these stores.
    static func archive(_ field: Field, _ stores: Set<String>) -> SinkSettings.Kind? {
        guard let fields = Fields(field, .nodeArchive),
            let store = fields.required("store", "add for example 'store: files'").flatMap({
                known($0, "stores", stores, "add 'stores: {NAME: {dir: {path: DIRECTORY}}}'")
            })
        else { return nil }
        var archive = SinkSettings.Archive(store: store)
        if let prefix = fields["prefix"] {
            archive.prefix =
                prefix.parsed("what names of objects begin with", "write for example logs", archivePrefix)
                ?? archive.prefix
        }
        if let field = fields["every"], let every = field.duration() {
            archive.every = every
            if !archivePace.contains(every) {
                field.refuse("must be from 1s to 24h", "write for example 5m")
            }
        }
        if let field = fields["size"], let size = field.bytes() {
            archive.size = Int(size.bytes)
            if !archiveSizes.contains(size) {
                field.refuse("must be from 64K to 64M", "write for example 16M")
            }
        }
        return .archive(archive)
    }

    private static func archivePrefix(_ text: String) -> String? {
        let isFine = text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            Characters.isName($0, and: "._+=@~-") && $0 != "." && $0 != ".."
        }
        return isFine && text.utf8.count <= 200 && !text.hasPrefix(".martlet") ? text : nil
    }
}
