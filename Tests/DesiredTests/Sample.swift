// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// Short ways to a decoded app or to its problems.
enum Sample {
    static let header = "name: a\nservices:\n  web:\n    image: i\n"

    static func app(_ yaml: String, _ environment: [String: String] = [:]) throws(Report) -> App {
        try App.decode(yaml: yaml, file: "app.yaml", directory: "/srv/apps", environment: environment)
    }

    /// The one service of a file in which the lines stand within `services.web`.
    static func web(_ lines: String, _ environment: [String: String] = [:]) throws -> Service {
        let indented = lines.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        let tail =
            "\nvolumes: {data: {}}\nnetworks: {front: {}, back: {ipam: {config: [{subnet: 10.77.1.0/24}]}}}\n"
            + "configs: {conf: {content: x}}\nsecrets: {key: {file: /srv/key}}\n"
        let app = try app(header + indented + tail, environment)
        return app.services[0]
    }

    /// The problems of the file, a line each.
    static func problems(_ yaml: String, _ environment: [String: String] = [:]) -> [String] {
        do {
            _ = try app(yaml, environment)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    /// The problems of a service of these lines, without the place.
    static func webProblems(_ lines: String, _ environment: [String: String] = [:]) -> [String] {
        do {
            _ = try web(lines, environment)
            return []
        } catch let report as Report {
            return report.problems.map { [$0.path, $0.what, $0.remedy].joined(separator: " | ") }
        } catch {
            return ["\(error)"]
        }
    }
}
