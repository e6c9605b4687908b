internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// What the long form keeps for those who merge files.
@Suite struct ShapeMergeTests {
    private func file(_ yaml: String, _ change: (Tree) -> Tree = { $0 }) -> (tree: Tree, problems: [String]) {
        let findings = Findings(file: "app.yaml")
        guard let tree = Document.read(yaml, environment: [:], findings) else {
            return (.plain("", at: .start), [])
        }
        let normaliser = Normaliser(findings: findings, directory: "/srv/apps", environment: [:])
        return (normaliser.file(change(tree)), findings.problems.map(\.description))
    }

    @Test func `nothing is demanded of a file that another may complete`() {
        let (tree, problems) = file(
            "services: {web: {ports: ['80'], deploy: {}, build: {target: x}, healthcheck: {retries: 3}}}\nnetworks: {n: {external: true}}\nvolumes: {v: }\n"
        )
        #expect(problems == [])
        #expect(
            ResolvedModel.json(of: tree)
                == #"{"networks":{"n":{"external":true}},"services":{"web":{"build":{"target":"x"},"deploy":{},"healthcheck":{"retries":3},"ports":[{"mode":"ingress","protocol":"tcp","target":80}]}},"volumes":{"v":null}}"#
        )
    }

    @Test func `a piece of a short form stands where the short form does`() throws {
        let (tree, _) = file("services:\n  web:\n    ports:\n      - 80\n      - '8080-8081:90-91'\n")
        let ports = try #require(tree["services"]?["web"]?["ports"]).items
        #expect(ports.map(\.position.line) == [4, 5, 5])
        #expect(ports[2]["published"]?.position.line == 5 && ports[2]["published"]?.text == "8081")
    }

    @Test func `what says how to merge stays, and what is reset is not looked at`() {
        func mark(_ tree: Tree) -> Tree {
            let web = tree["services"]?["web"] ?? tree
            let entries = web.entries.map { entry -> Tree.Entry in
                var value = entry.value
                value.override = entry.key == "ports" ? .reset : .override
                return entry.holding(value)
            }
            let services = (tree["services"] ?? tree).setting("web", web.replacing(.mapping(entries)))
            return tree.setting("services", services)
        }
        let (tree, problems) = file(
            "services: {web: {ports: 5, environment: [A=1], networks: [n], env_file: x, build: ., ulimits: {as: 1}, dns: 1.1.1.1, command: a b}}",
            mark
        )
        #expect(problems == [])
        let marks = tree["services"]?["web"]?.entries.map(\.value.override)
        #expect(marks == [.reset] + Array(repeating: .override, count: 7))
    }

    @Test func `a long form is its own long form`() {
        for yaml in [
            Sample.everything, Sample.header + "    ports: ['1-3:4-6']\n    extra_hosts: ['a:::1']\n",
        ] {
            let once = file(yaml).tree
            #expect(file(yaml) { _ in once }.problems == [])
            #expect(ResolvedModel.json(of: file(yaml) { _ in once }.tree) == ResolvedModel.json(of: once))
        }
    }

    @Test func `what is printed is a file with the same model`() {
        let model = Sample.model(Sample.everything)
        #expect(model.contains(#""name":"clickme""#))
        #expect(Sample.model(model) == model)
        #expect(Sample.model(Sample.yaml(Sample.everything)) == model)
    }

    @Test(arguments: [
        "name: a\nservices: {web: {image: i, networks: [n]}}\nnetworks: {n: {external: true}}",
        "name: a\nservices: {web: {image: i, volumes: ['data:/x:z']}}\nvolumes: {data: }",
        "name: a\nservices: {web: {image: i, memswap_limit: -1, ulimits: {as: {soft: 0, hard: 0}, cpu: 0}}}",
        "name: a\nservices: {web: {build: {ssh: [default, k=./key]}, secrets: [s]}}\nsecrets: {s: {file: ~/x}}",
        "name: a\nservices: {web: {image: i, gpus: all, deploy: {update_config: {delay: 1h}}, pid: host}}",
    ])
    func `what is printed can be read again`(_ yaml: String) {
        let model = Sample.model(yaml)
        #expect(model.hasPrefix("{"))
        #expect(Sample.model(model) == model)
    }

    @Test func `people read blocks`() {
        let yaml = Sample.yaml(
            "name: a\nservices: {web: {image: i, command: [sh, -c, 'a: $$x'], environment: {A: 'yes', B: , C: ''}, ports: [80]}}"
        )
        #expect(
            yaml == """
                name: a
                services:
                  web:
                    command:
                      - sh
                      - "-c"
                      - "a: $$x"
                    entrypoint: null
                    environment:
                      A: "yes"
                      B: null
                      C: ""
                    image: i
                    networks:
                      default: null
                    ports:
                      - mode: ingress
                        protocol: tcp
                        target: 80
                networks:
                  default:
                    ipam: {}
                    name: a_default

                """
        )
    }
}
