// SPDX-License-Identifier: Apache-2.0

/// The jobs of a file, which are read as services with a mark: all that holds for those holds for them, too.
struct JobSet {
    /// Where they stand in a file; `jobs` is the same.
    static let key = "x-jobs"
    /// Under which a service has what makes a job of it; no file has this key.
    static let marker = "x-martlet-job"
    private static let spellings = ["x-jobs", "jobs"]

    let normaliser: Normaliser
    private var findings: Findings { normaliser.findings }

    init(normaliser: Normaliser) { self.normaliser = normaliser }

    /// The document with its jobs among its services.
    func amongServices(_ document: Tree) -> Tree {
        var tree = document
        refuseMarkers(tree["services"], .root / "services")
        let given = Self.spellings.filter { tree[$0] != nil }
        guard let spelling = given.first, let jobs = tree[spelling] else { return tree }
        if given.count > 1, let second = tree[given[1]] {
            let path = Path.root / given[1]
            findings.add("does not go with 'x-jobs'", "keep one of them", at: second.position, path)
        }
        for key in given { tree = tree.setting(key, nil) }
        if jobs.isNull { return tree }
        guard case .mapping(let entries) = jobs.content else {
            Field(tree: jobs, path: .root / spelling, findings: findings).mismatch("a mapping")
            return tree
        }
        refuseMarkers(jobs, .root / spelling)
        let services = tree["services"] ?? .mapping([], at: jobs.position)
        // What is no mapping is refused where services are read.
        guard case .mapping(var all) = services.content else { return tree }
        let names = Set(all.map(\.key))
        for entry in entries where !entry.key.hasPrefix("x-") {
            let path = Path.root / spelling / entry.key
            guard case .mapping = entry.value.content else {
                Field(tree: entry.value, path: path, findings: findings).mismatch("a mapping")
                continue
            }
            guard !names.contains(entry.key) else {
                findings.add("a service has the same name", "rename one of them", at: entry.position, path)
                continue
            }
            findings.jobs.insert(entry.key)
            all.append(entry.holding(marked(entry.value, path)))
        }
        return tree.setting("services", services.replacing(.mapping(all)))
    }

    /// Nobody makes a job of a service by hand.
    private func refuseMarkers(_ services: Tree?, _ path: Path) {
        for service in services?.entries ?? [] {
            for entry in service.value.entries where entry.key == Self.marker {
                findings.add(
                    "unknown key",
                    "write the job under 'x-jobs'",
                    at: entry.position,
                    path / service.key / Self.marker
                )
            }
        }
    }

    /// A job as a service, its own words under the mark.
    private func marked(_ job: Tree, _ path: Path) -> Tree {
        let words = Keys.job.words
        let own = job.replacing(.mapping(job.entries.filter { words.contains($0.key) }))
        let rest = job.entries.filter { !words.contains($0.key) && $0.key != Self.marker }
        let mark = findings.mildly {
            normaliser.entries(Field(tree: own, path: path, findings: findings), .job)
        }
        return job.replacing(.mapping(rest)).setting(Self.marker, mark ?? own)
    }

    /// A finished project with its jobs where a file has them.
    static func apart(_ project: Tree) -> Tree {
        guard let services = project["services"] else { return project }
        let jobs = services.entries.filter { $0.value[marker] != nil }
        guard !jobs.isEmpty else { return project }
        let plain = services.entries.filter { $0.value[marker] == nil }
        let unmarked = jobs.map { entry -> Tree.Entry in
            let own = entry.value[marker]?.entries ?? []
            let rest = entry.value.entries.filter { $0.key != marker }
            return entry.holding(entry.value.replacing(.mapping(rest + own)))
        }
        return project.setting("services", services.replacing(.mapping(plain)))
            .setting(key, services.replacing(.mapping(unmarked)))
    }

    /// The services of a project that are jobs.
    static func names(in project: Tree) -> Set<String> {
        Set((project["services"]?.entries ?? []).filter { $0.value[marker] != nil }.map(\.key))
    }

    /// A path as the file has it.
    static func spelled(_ path: Path, _ jobs: Set<String>) -> String {
        let text = path.description
        guard !jobs.isEmpty, text.hasPrefix("services.") else { return text }
        let rest = text.dropFirst("services.".count)
        guard let name = jobs.first(where: { rest == $0 || rest.hasPrefix("\($0).") }) else { return text }
        return "\(key).\(name)" + rest.dropFirst(name.count).replacing(".\(marker)", with: "")
    }
}
