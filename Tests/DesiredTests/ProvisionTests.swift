// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

/// What a node is given at its first boot.
@Suite struct ProvisionTests {
    private func decode(_ text: String) throws(Report) -> Provision {
        try Provision.decode(yaml: text, file: "first.yaml", folder: "/etc/martlet")
    }

    private func problem(_ text: String) -> String {
        do {
            _ = try decode(text)
            return ""
        } catch { return "\(error)" }
    }

    @Test func `files are taken as they are, and read as the agent will`() throws {
        let provision = try decode(
            """
            format: 1
            files:
              - path: node.yaml
                content: |
                  format: 1
                  node: { name: seven }
              - path: apps.d/shop.yaml
                mode: "0644"
                content: |
                  services: { web: { image: "shop/web:1", env_file: web.env } }
                  name: shop
              - { path: apps.d/web.env, content: "A=$B\\n" }
              - { path: keys/a/b.pem, mode: 0400, content: "" }
            """
        )
        #expect(
            provision.files.map(\.path) == [
                "node.yaml", "apps.d/shop.yaml", "apps.d/web.env", "keys/a/b.pem",
            ]
        )
        #expect(provision.files.map(\.mode) == [0o600, 0o644, 0o600, 0o400])
        #expect(provision.files[2].content == "A=$B\n")
    }

    @Test(arguments: [
        ("files: []", "format"), ("format: 1", "'files' is missing"), ("format: 2\nfiles: []", "format"),
        ("format: 1\nfiles: [{path: a}]", "'content' is missing"),
        ("format: 1\nfiles: [{path: /etc/passwd, content: x}]", "first.yaml:2"),
        ("format: 1\nfiles: [{path: a/../../b, content: x}]", "below the folder"),
        ("format: 1\nfiles: [{path: .provision/a, content: x}]", "below the folder"),
        ("format: 1\nfiles: [{path: a//b, content: x}]", "below the folder"),
        ("format: 1\nfiles: [{path: \"a\\nb\", content: x}]", "below the folder"),
        ("format: 1\nfiles: [{path: a, content: x, mode: \"4755\"}]", "permission bits"),
        ("format: 1\nfiles: [{path: a, content: x, mode: \"9\"}]", "permission bits"),
        ("format: 1\nfiles: [{path: a, content: x}, {path: a, content: y}]", "is there already"),
        ("format: 1\nfiles: [{path: a, content: x}, {path: a/b, content: y}]", "leads through a file"),
        ("format: 1\nfiles: [{path: a/b, content: x}, {path: a, content: y}]", "is there already"),
        ("format: 1\nfiles: [{path: a, content: x, owner: me}]", "unknown key"),
        (
            "format: 1\nfiles: [{path: node.yaml, content: \"format: 1\\nnope: 1\\n\"}]",
            "first.yaml: node.yaml:2"
        ),
        (
            "format: 1\nfiles: [{path: apps.d/a.yaml, content: \"services: 1\"}]",
            "/etc/martlet/apps.d/a.yaml:1"
        ),
        (
            "format: 1\nfiles: [{path: apps.d/a.yaml, content: \"name: a\\nservices: {a: {image: b, env_file: gone}}\"}]",
            "gone"
        ),
    ])
    func `what is no good is named with its place`(_ text: String, _ words: String) {
        #expect(problem(text).contains(words), "\(problem(text))")
    }

    @Test func `more than a thousand files are too many`() {
        let files = (0...1_000).map { "{path: f\($0), content: x}" }.joined(separator: ", ")
        #expect(problem("format: 1\nfiles: [\(files)]").contains("more than 1000 files"))
    }
}
