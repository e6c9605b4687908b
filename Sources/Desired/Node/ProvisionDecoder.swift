// SPDX-License-Identifier: Apache-2.0

/// Decodes what a node is given at its first boot.
enum ProvisionDecoder {
    private static let newestFormat = 1
    private static let maximumFiles = 1_000
    private static let maximumPath = 1_024

    static func files(_ field: Field) -> [Provision.File] {
        guard let fields = Fields(field, .provision) else { return [] }
        if let format = fields.required("format", "add 'format: \(newestFormat)'") {
            _ = format.integer(1...newestFormat)
        }
        guard let list = fields.required("files", "add the files of the node, 'node.yaml' for one") else {
            return []
        }
        let items = list.items()
        guard items.count <= maximumFiles else {
            list.refuse("more than \(maximumFiles) files", "remove some")
            return []
        }
        var taken: Set<String> = [], folders: Set<String> = []
        return items.compactMap { item in
            guard let file = file(item) else { return nil }
            let parts = file.path.split(separator: "/")
            let above = (1..<parts.count).map { parts[..<$0].joined(separator: "/") }
            if taken.contains(file.path) || folders.contains(file.path) || !taken.isDisjoint(with: above) {
                item.refuse(
                    "\(Characters.quoted(file.path)) is there already, or leads through a file",
                    "remove one"
                )
            }
            taken.insert(file.path)
            folders.formUnion(above)
            return file
        }
    }

    private static func file(_ field: Field) -> Provision.File? {
        guard let fields = Fields(field, .provisionFile) else { return nil }
        let path = fields.required("path", "add for example 'path: node.yaml'")?
            .parsed("a path below the folder", "use for example node.yaml or apps.d/shop.yaml", relative)
        let mode =
            fields["mode"].map {
                $0.parsed("permission bits", "write for example \"0600\"") { text in
                    UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
                }
            } ?? 0o600
        let content = fields.required("content", "add what is in the file, as a text")?.string()
        guard let path, let mode, let content else { return nil }
        return Provision.File(path: path, mode: mode, content: content)
    }

    /// A path that stays below where it starts, and is not hidden.
    private static func relative(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && part.utf8.count <= 255
                && part.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        }
        return isPlain && text.utf8.count <= maximumPath ? text : nil
    }
}
