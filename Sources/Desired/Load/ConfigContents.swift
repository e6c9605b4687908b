// SPDX-License-Identifier: Apache-2.0

/// What the configs of a project hold: they are texts of the desired state, wherever they were read from.
struct ConfigContents: Sendable {
    /// 500 KiB, as other orchestrators have it.
    static let largest = 500 << 10
    /// So much in all configs of an app: they travel with it.
    static let total = 1 << 20

    /// Why a content could not be had.
    private struct Fault: Error {
        let what: String
        let remedy: String

        static let elsewhere = Fault(
            what: "cannot be looked up from here",
            remedy: "give the text with 'content'"
        )

        static func large(_ what: String) -> Fault {
            Fault(what: "\(what) is larger than 500 KiB", remedy: "use a volume")
        }
    }

    private let sources: SourceFiles?
    private let environment: [String: String]
    private var texts: [String: String] = [:]
    private var faults: [String: Fault] = [:]

    /// Reads the configs that services use; `sources` is nil if there is no other file.
    init(_ project: Tree, environment: [String: String], sources: SourceFiles?) {
        self.environment = environment
        self.sources = sources
        let services = project["services"]?.entries ?? []
        let used = Set(
            services.flatMap { $0.value["configs"]?.items.compactMap { $0["source"]?.text } ?? [] }
        )
        var left = ConfigContents.total
        for entry in project["configs"]?.entries ?? [] where used.contains(entry.key) {
            do throws(Fault) {
                guard let text = try text(of: entry.value) else { continue }
                guard text.utf8.count <= ConfigContents.largest else { throw .large("the content") }
                left -= text.utf8.count
                guard left >= 0 else {
                    throw Fault(what: "all configs of the app are larger than 1 MiB", remedy: "use a volume")
                }
                texts[entry.key] = text
            } catch {
                faults[entry.key] = error
            }
        }
    }

    /// Nil if it has none, which is told elsewhere.
    private func text(of config: Tree) throws(Fault) -> String? {
        if let path = config["file"]?.text { return try text(ofFile: path) }
        guard let name = config["environment"]?.text else { return config["content"]?.text }
        guard sources != nil else { throw .elsewhere }
        guard let value = environment[name] else {
            throw Fault(what: "variable \(Characters.quoted(name)) is not set", remedy: "set it")
        }
        return value
    }

    private func text(ofFile path: String) throws(Fault) -> String {
        guard let sources else { throw .elsewhere }
        let bytes: [UInt8]
        do throws(SourceFiles.Failure) {
            bytes = try sources.read(path, limit: ConfigContents.largest)
        } catch {
            if error == .tooLarge { throw .large(Characters.quoted(path)) }
            let remedy = error == .absent ? "create it" : ""
            throw Fault(what: "\(Characters.quoted(path)) \(error.what)", remedy: remedy)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(what: "\(Characters.quoted(path)) is not UTF-8", remedy: "use a volume")
        }
        return text
    }

    /// Reports what could not be had.
    func report(_ project: Tree, to findings: Findings) {
        for entry in project["configs"]?.entries ?? [] {
            guard let fault = faults[entry.key], let source = entry.value.contentEntry else { continue }
            let path = Path.root / "configs" / entry.key / source.key
            findings.add(fault.what, fault.remedy, at: source.value.position, path)
        }
    }

    /// The project with every content that is known in place of where it came from.
    func embedded(in project: Tree) -> Tree {
        guard let configs = project["configs"], case .mapping(let entries) = configs.content else {
            return project
        }
        let whole = entries.map { entry -> Tree.Entry in
            guard let text = texts[entry.key], let source = entry.value.contentEntry else { return entry }
            let content = Tree.string(text, at: source.value.position)
            return entry.holding(entry.value.setting(source.key, nil).setting("content", content))
        }
        return project.setting("configs", configs.replacing(.mapping(whole)))
    }
}

extension Tree {
    /// Where a config says that its content comes from.
    fileprivate var contentEntry: Entry? {
        entries.first { ["file", "environment", "content"].contains($0.key) }
    }
}
