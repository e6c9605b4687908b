// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

extension Sample {
    /// The model that `config` prints, as JSON, or the problems.
    static func model(_ yaml: String, home: String? = "/root") -> String {
        let environment = home.map { ["HOME": $0] } ?? [:]
        let findings = Findings(file: "app.yaml")
        guard let tree = Document.read(yaml, environment: environment, findings) else {
            return findings.problems.map(\.description).joined(separator: "\n")
        }
        let project = finished(tree, findings, environment)
        guard findings.problems.isEmpty else {
            return findings.problems.map(\.description).joined(separator: "\n")
        }
        return ResolvedModel(project).json
    }

    /// The app of what a project prints, read on its own.
    static func again(_ project: Project) throws(Report) -> App {
        try App.decode(yaml: project.json, file: "model.json", directory: "/", environment: [:])
    }

    /// The same as YAML for people.
    static func yaml(_ yaml: String) -> String {
        let findings = Findings(file: "app.yaml")
        guard let tree = Document.read(yaml, environment: [:], findings) else { return "" }
        return ResolvedModel(finished(tree, findings, [:])).yaml
    }

    /// What is special about a service of these lines in that model, or the problems.
    static func long(_ lines: String) -> String {
        let home = ["HOME": "/root"]
        let findings = Findings(file: "app.yaml")
        let indented = lines.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        guard let tree = Document.read(header + indented, environment: home, findings) else { return "" }
        let project = finished(tree, findings, home)
        guard findings.problems.isEmpty else {
            return findings.problems.map { [$0.path, $0.what, $0.remedy].joined(separator: " | ") }
                .joined(separator: "\n")
        }
        guard var web = ResolvedModel(project).root["services"]?["web"] else { return "" }
        for key in ["command", "entrypoint"] where web[key]?.isNull == true { web = web.setting(key, nil) }
        if web["networks"]?["default"]?.isNull == true { web = web.setting("networks", nil) }
        return ResolvedModel.json(of: web.setting("image", nil))
    }

    private static func finished(_ tree: Tree, _ findings: Findings, _ environment: [String: String]) -> Tree
    {
        let normaliser = Normaliser(findings: findings, directory: "/srv/apps", environment: environment)
        return normaliser.finish(normaliser.file(tree))
    }
}
