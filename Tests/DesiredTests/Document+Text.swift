// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

extension Document {
    /// The first document of a text with its variables put in.
    static func read(_ yaml: String, environment: [String: String], _ findings: Findings) -> Tree? {
        var yaml = yaml
        let content = yaml.withUTF8 { read($0, file: 0, limit: Budget.nodes, findings) }
        return content?.documents.first.map {
            Interpolator(environment: environment, findings: findings)($0).tree
        }
    }
}
