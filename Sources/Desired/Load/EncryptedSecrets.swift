// SPDX-License-Identifier: Apache-2.0

/// The age files that secrets of a project name: as nobody can read them without the node's key, they travel with
/// the desired state, and what is accepted is complete in itself.
///
/// By its name alone, `.age`: no other secret is looked at by whoever reads the files.
struct EncryptedSecrets: Sendable {
    /// As much as an armored file of 500 KiB has.
    static let largest = 700 << 10
    /// So much in all encrypted secrets of an app.
    static let total = 2 << 20

    private var texts: [String: String] = [:]
    private var faults: [String: (what: String, remedy: String)] = [:]

    /// Reads the files of the secrets that services use; `sources` is nil if there is no other file.
    init(_ project: Tree, sources: SourceFiles?) {
        guard let sources else { return }
        let services = project["services"]?.entries ?? []
        let used = Set(
            services.flatMap { $0.value["secrets"]?.items.compactMap { $0["source"]?.text } ?? [] }
        )
        var left = EncryptedSecrets.total
        for entry in project["secrets"]?.entries ?? [] where used.contains(entry.key) {
            // Beside another source it is refused, and nothing is put in its place.
            guard let path = entry.value["file"]?.text, path.hasSuffix(".age"),
                entry.value["x-martlet"] == nil
            else { continue }
            do throws(SourceFiles.Failure) {
                let bytes = try sources.read(path, limit: EncryptedSecrets.largest)
                guard let text = EncryptedSecrets.text(of: bytes) else {
                    faults[entry.key] = (
                        "\(Characters.quoted(path)) is not an age file", "encrypt it with `age -r RECIPIENT`"
                    )
                    continue
                }
                left -= text.utf8.count
                if left < 0 {
                    faults[entry.key] = (
                        "all encrypted secrets of the app are larger than 2 MiB", "use a volume"
                    )
                } else {
                    texts[entry.key] = text
                }
            } catch {
                switch error {
                case .tooLarge:
                    faults[entry.key] = ("\(Characters.quoted(path)) is larger than 700 KiB", "use a volume")
                case .notRegular: faults[entry.key] = ("\(Characters.quoted(path)) \(error.what)", "")
                // It may be one of the node: who starts a container for it says if it is not.
                case .absent, .unreadable: continue
                }
            }
        }
    }

    /// The armor, or the bytes in Base64; nil if they do not begin as an age file does.
    private static func text(of bytes: [UInt8]) -> String? {
        if bytes.starts(with: "-----BEGIN AGE ENCRYPTED FILE-----".utf8) {
            return String(validating: bytes, as: UTF8.self)
        }
        return bytes.starts(with: "age-encryption.org/v1\n".utf8) ? Base64Text.of(bytes) : nil
    }

    /// Reports what could not be had.
    func report(_ project: Tree, to findings: Findings) {
        for entry in project["secrets"]?.entries ?? [] {
            guard let fault = faults[entry.key], let source = entry.value["file"] else { continue }
            findings.add(
                fault.what,
                fault.remedy,
                at: source.position,
                .root / "secrets" / entry.key / "file"
            )
        }
    }

    /// The project with every age file in place of its path.
    func embedded(in project: Tree) -> Tree {
        guard let secrets = project["secrets"], case .mapping(let entries) = secrets.content else {
            return project
        }
        let whole = entries.map { entry -> Tree.Entry in
            guard let text = texts[entry.key], let source = entry.value["file"] else { return entry }
            let age = Tree.string(text, at: source.position)
            let own = Tree.mapping([("age", age)], at: source.position)
            return entry.holding(entry.value.setting("file", nil).setting("x-martlet", own))
        }
        return project.setting("secrets", secrets.replacing(.mapping(whole)))
    }
}
