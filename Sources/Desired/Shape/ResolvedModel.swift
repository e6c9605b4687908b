// SPDX-License-Identifier: Apache-2.0

/// A finished project as `config` prints it: without what says nothing and what nobody uses.
public struct ResolvedModel {
    let root: Tree

    /// With `isWhole` also values that Compose does not print for they are zero, whatever they mean.
    init(_ project: Tree, isWhole: Bool = false) {
        let complete = ResolvedModel.completed(project)
        let tidy = ResolvedModel.tidied(complete, .keys { .app }, isTop: true, isWhole: isWhole)
        root = JobSet.apart(ResolvedModel.used(tidy).setting("version", nil))
    }

    /// The parts that Compose prints even when the file does not mention them.
    private static func completed(_ project: Tree) -> Tree {
        func each(_ kind: String, _ project: Tree, _ complete: (Tree) -> Tree) -> Tree {
            guard let all = project[kind] else { return project }
            let entries = all.entries.map { entry in
                if case .mapping = entry.value.content { entry.holding(complete(entry.value)) } else { entry }
            }
            return project.setting(kind, all.replacing(.mapping(entries)))
        }
        let networked = each("networks", project) { $0.adding("ipam", .mapping([], at: $0.position)) }
        let serviced = each("services", networked) { service in
            let position = service.position
            let service = service.adding("command", .plain("null", at: position))
                .adding("entrypoint", .plain("null", at: position))
            guard let deploy = service["deploy"], !deploy.isNull else { return service }
            return service.setting(
                "deploy",
                deploy.adding("resources", .mapping([], at: position))
                    .adding("placement", .mapping([], at: position))
            )
        }
        return serviced.adding("services", .mapping([], at: project.position))
    }

    /// Without the values that are as good as absent, and the extensions that are neither ours nor at the top.
    private static func tidied(
        _ tree: Tree,
        _ inside: Shape.Inside,
        isTop: Bool = false,
        isWhole: Bool
    ) -> Tree {
        switch (inside, tree.content) {
        case (.keys(let keys), .mapping(let entries)):
            let keys = keys()
            return tree.replacing(
                .mapping(
                    entries.compactMap { entry in
                        guard !entry.key.hasPrefix("x-") else {
                            let ours = Vocabulary.extensions.union([JobSet.marker])
                            return isTop || ours.contains(entry.key) ? entry : nil
                        }
                        guard let shape = keys.shapes[entry.key] else { return entry }
                        let value = tidied(entry.value, shape.inside, isWhole: isWhole)
                        let isKept = isWhole || shape.isTelling || isTop || !isZero(value, shape)
                        return isKept ? entry.holding(value) : nil
                    }
                )
            )
        case (.each(let shape), .mapping(let entries)):
            return tree.replacing(
                .mapping(entries.map { $0.holding(tidied($0.value, shape.inside, isWhole: isWhole)) })
            )
        case (.each(let shape), .sequence(let items)):
            return tree.replacing(.sequence(items.map { tidied($0, shape.inside, isWhole: isWhole) }))
        default: return tree
        }
    }

    private static func isZero(_ tree: Tree, _ shape: Shape) -> Bool {
        switch tree.content {
        case .sequence(let items): return items.isEmpty
        case .mapping(let entries):
            if case .keys = shape.inside { return false }
            return entries.isEmpty
        case .scalar(let scalar):
            switch scalar.type {
            case .null: return true
            case .string: return scalar.text.isEmpty || scalar.text == shape.zero
            default: return ["0", "false"].contains(scalar.text)
            }
        }
    }

    /// Without the networks, volumes and so on that no service uses.
    private static func used(_ project: Tree) -> Tree {
        let services = project["services"]?.entries.map(\.value) ?? []
        let names: [(kind: String, used: Set<String>)] = [
            ("networks", Set(services.flatMap { $0["networks"]?.entries.map(\.key) ?? [] })),
            ("models", Set(services.flatMap { $0["models"]?.entries.map(\.key) ?? [] })),
            (
                "volumes",
                sources(
                    services.flatMap { $0["volumes"]?.items ?? [] }.filter { $0["type"]?.text == "volume" }
                )
            ),
            ("configs", sources(services.flatMap { $0["configs"]?.items ?? [] })),
            (
                "secrets",
                sources(
                    services.flatMap { ($0["secrets"]?.items ?? []) + ($0["build"]?["secrets"]?.items ?? []) }
                )
            ),
        ]
        return names.reduce(project) { project, kind in
            guard let all = project[kind.kind] else { return project }
            let entries = all.entries.filter { kind.used.contains($0.key) }
            return project.setting(kind.kind, entries.isEmpty ? nil : all.replacing(.mapping(entries)))
        }
    }

    private static func sources(_ items: [Tree]) -> Set<String> {
        Set(items.compactMap { $0["source"]?.text })
    }
}
