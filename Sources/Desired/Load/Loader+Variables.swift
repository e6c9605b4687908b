// SPDX-License-Identifier: Apache-2.0

extension Loader {
    /// The variables of a project directory: those that are set already win over those of its `.env`.
    func environment(of directory: Place, under set: [String: String]) throws(Stop) -> [String: String] {
        guard let place = directory.file(".env"), hasFiles else { return set }
        let start = Position(line: 1, column: 1, file: 0)
        let file = Mention(place: place, position: start, path: .root)
        let added = try variables(of: file, lookup: { set[$0] }) { failure in
            // Nobody asked for it by name.
            if failure == .absent || failure == .notRegular { return }
            findings.add("\(Characters.quoted(place.name)) \(failure.what)", at: start)
        }
        guard !added.isEmpty else { return set }
        let values = Dictionary(added.map { ($0.name, $0.value) }) { _, later in later }
        return set.merging(values) { set, _ in set }
    }

    /// The variables of a file; none if it cannot be had, which `failed` is told, or understood.
    func variables(
        of file: Mention,
        isRaw: Bool = false,
        lookup: @escaping (String) -> String?,
        failed: (SourceFiles.Failure) -> Void
    ) throws(Stop) -> [Dotenv.Variable] {
        let place = file.place
        let bytes: [UInt8]
        switch try variableFile(file) {
        case .success(let read): bytes = read
        case .failure(let failure):
            failed(failure)
            return []
        }
        try spend(text: bytes.count, at: file.position, file.path)
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
            let what = "\(Characters.quoted(place.name)) is not UTF-8 text"
            findings.add(what, "save it as UTF-8", at: file.position, file.path)
            return []
        }
        let index = findings.index(of: place.name)
        let variables: [Dotenv.Variable]
        do throws(Dotenv.Failure) {
            let findings = findings
            variables =
                isRaw
                ? try RawVariables.parse(bytes, lookup: lookup)
                : try Dotenv.parse(bytes, lookup: lookup) { name, line in
                    findings.warn(unset: name, at: Position(line: line, column: 1, file: index), .root)
                }
        } catch {
            findings.add(error.what, error.remedy, at: Position(line: error.line, column: 1, file: index))
            return []
        }
        let size = variables.reduce(0) { $0 + $1.value.utf8.count }
        try spend(text: max(0, size - bytes.count), at: file.position, file.path)
        return variables
    }
}
