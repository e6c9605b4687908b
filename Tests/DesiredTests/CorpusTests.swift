internal import FoundationEssentials
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// The model that Martlet makes of a case, or the problems.
///
/// What is only not honoured yet is no problem: that is between a file and a node.
private func martletModel(of example: CorpusCase) throws -> Result<JSON, Report> {
    let text: String
    do throws(Report) {
        let project = try example.project()
        if let report = problems(of: project) { throw report }
        text = project.model.json
    } catch {
        return .failure(error)
    }
    return .success(try JSONDecoder().decode(JSON.self, from: Data(text.utf8)))
}

/// What is wrong with the app of a project.
private func problems(of project: Project) -> Report? {
    do throws(Report) {
        _ = try project.app()
        return nil
    } catch {
        let problems = error.problems.filter { !$0.what.contains("not supported yet") }
        return problems.isEmpty ? nil : Report(problems)
    }
}

/// Compose projects written from the specification, read by Martlet and by the real Compose.
@Suite struct CorpusTests {
    @Test func `the real Compose is there`() {
        #expect(Oracle.program != nil, "no docker-compose at MARTLET_ORACLE: run `make oracle`")
    }

    @Test func `the corpus is whole`() throws {
        let valid = CorpusCase.all.count { $0.isValid }
        let invalid = CorpusCase.all.count - valid
        let differences = try CorpusDifference.all()
        print("\(valid) valid, \(invalid) invalid, \(differences.count) documented differences")
        #expect(valid >= 160)
        #expect(invalid >= 110)
        #expect(Set(differences.flatMap(\.cases)).isSubset(of: CorpusCase.all.map(\.name)))
        for example in CorpusCase.all {
            let text = try Data(contentsOf: URL(filePath: "\(example.directory)/compose.yaml"))
            #expect(text.starts(with: Data("# spec: ".utf8)), "\(example.name)")
        }
    }

    @Test(arguments: Oracle.program.map { program in CorpusCase.all.map { (program, $0) } } ?? [])
    func `differences are documented`(_ program: String, _ example: CorpusCase) throws {
        let documented = try CorpusDifference.all().filter { $0.cases.contains(example.name) }.map(\.what)
        let theirs = try Oracle(program: program).model(of: example)
        let ours = try martletModel(of: example)

        let compose = verdict("Compose", theirs, example)
        #expect(compose == documented.filter { $0.hasPrefix("Compose ") }, "\(theirs)")

        var martlet = verdict("Martlet", ours, example)
        if case .success(let model) = ours, case .success(let other) = theirs {
            martlet += JSON.differences(model.normalised, other)
        }
        #expect(martlet == documented.filter { !$0.hasPrefix("Compose ") }, "\(ours)")
    }

    @Test(arguments: CorpusCase.all)
    func `a refusal names file, line and column`(_ example: CorpusCase) throws {
        guard case .failure(let report) = try martletModel(of: example) else { return }
        let first = report.description.prefix { $0 != "\n" }
        #expect(first.firstMatch(of: /^[^:]+:\d+:\d+: ./) != nil, "\(first)")
    }

    @Test(arguments: CorpusCase.all)
    func `what is printed is the same app, wherever it is read`(_ example: CorpusCase) throws {
        guard let project = try? example.project(), let app = try? project.app() else { return }
        #expect(try Sample.again(project) == app)
    }

    @Test(arguments: [Sample.everything, Sample.header + "    links: [web2:x]\n  web2: {image: i}\n"])
    func `what is printed of a sample is the same app`(_ yaml: String) throws {
        let project = try Project.load(yaml: yaml, file: "a.yaml", directory: "/srv", environment: [:])
        #expect(try Sample.again(project) == project.app())
    }

    @Test(arguments: [
        (#"{"a": 1, "b": [true, null]}"#, #"{"b": [true, null], "a": 1.0}"#, []),
        (#"{"a": {"b": [1, "x"]}}"#, #"{"a": {"b": [1, "y"]}}"#, [#"a.b[1]: "x" vs "y""#]),
        (#"{"a": [1], "c": null}"#, #"{"a": [1, 2]}"#, ["a: [1] vs [1, 2]", "c: null vs absent"]),
        (#"{"a": {"b": "$$x"}, "command": null}"#, #"{"a": {"b": "$x"}}"#, []),
    ])
    func `a difference names its place`(_ ours: String, _ theirs: String, _ expected: [String]) throws {
        let models = try [ours, theirs].map {
            try JSONDecoder().decode(JSON.self, from: Data($0.utf8)).normalised
        }
        #expect(JSON.differences(models[0], models[1]) == expected)
    }

    @Test func `the documentation lists every difference`() throws {
        let listed = try documentation().filter { $0.contains(/`(in)?valid\/.*\|$/) }
        let rows = try CorpusDifference.all().map(\.row)
        #expect(listed == rows, "\(rows.joined(separator: "\n"))")
    }

    @Test(arguments: CorpusTests.levels)
    func `the documentation lists the keys of a level`(_ level: String, _ vocabulary: Vocabulary) throws {
        let words = [vocabulary.honoured, vocabulary.planned].map { keys in
            keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
        }
        let row = "| \(level) | \(words[0]) | \(words[1]) |"
        #expect(try documentation().contains(row), "\(row)")
    }

    private static let levels: [(String, Vocabulary)] = [
        ("top level", .app), ("`services`", .service), ("`ports`", .port),
        ("`volumes` of a service", .mount), ("`bind`", .bind), ("`tmpfs`", .tmpfs),
        ("`networks` of a service", .attachment), ("`depends_on`", .dependency),
        ("`healthcheck`", .healthcheck), ("`devices`", .device), ("`ulimits`", .ulimit),
        ("`deploy`", .deploy), ("`deploy.resources`", .resources), ("`limits`", .limits),
        ("`reservations`", .reservations), ("`restart_policy`", .restartPolicy), ("`networks`", .network),
        ("`pre_start`, `post_start` and `pre_stop`", .hook), ("`configs`", .config), ("`secrets`", .secret),
        ("`configs` and `secrets` of a service", .fileUse), ("`ipam`", .ipam), ("`ipam.config`", .subnet),
        ("`volumes`", .volume),
    ]

    private func documentation() throws -> [String] {
        let page = URL(filePath: "\(CorpusCase.root)/../../../docs/compose.md")
        return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// Empty if the reader says of the case what the specification says.
    private func verdict<Model, Complaint: Error>(
        _ reader: String,
        _ result: Result<Model, Complaint>,
        _ example: CorpusCase
    ) -> [String] {
        switch result {
        case .success: example.isValid ? [] : ["\(reader) accepts"]
        case .failure: example.isValid ? ["\(reader) refuses"] : []
        }
    }
}
