// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

extension DebianRegistry {
    /// One whose files are in a walk's folder.
    convenience init(_ walk: Walk) throws { try self.init(in: "\(walk.folder)/registry") }

    /// A node file that knows it, and more lines.
    func node(_ walk: Walk, _ more: String = "") throws -> String {
        try walk.file(
            "format: 1\nregistries:\n  - { prefix: \"\(name)\", insecure: http }\n\(more)",
            "node.yaml"
        )
    }

    /// Pushes an image that the walk has.
    func push(_ image: String, as name: String, _ walk: Walk, _ node: String) async throws -> String {
        let target = "\(self.name)/\(name)"
        let pushed = try await walk.martlet("image", "push", with: ["--node", node, image, target])
        try #require(pushed.code == 0 && pushed.output.contains(target), "\(pushed.output)")
        return target
    }

    /// The paths that were asked for with `GET` since the last call, below `/v2/`.
    func asked() throws -> [String] {
        // What was asked for before is in the log when this is.
        let mark = "mark-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run(
            """
            curl -s --max-time 60 -o /dev/null http://\(name)/v2/\(mark)/tags/list
            for i in $(seq 600); do grep -q \(mark) \(log) && exit 0; sleep 0.1; done; exit 1
            """
        )
        let lines = try Shell.run("cat \(log) && : >\(log)")
        return lines.matches(of: /"GET \/v2\/(\S+) HTTP/).map { String($0.1) }.filter {
            !$0.isEmpty && !$0.hasPrefix("mark-")
        }
    }
}
