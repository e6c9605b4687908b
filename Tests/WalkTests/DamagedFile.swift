// SPDX-License-Identifier: Apache-2.0
internal import TestKit

/// Makes a good desired-state file bad, a different way each time.
struct DamagedFile {
    private let lines: [String]
    private var generator: SeededGenerator

    init(_ text: String, seed: UInt64) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        generator = SeededGenerator(seed: seed)
    }

    /// The next one, as bytes: some are not even text.
    mutating func next() -> [UInt8] {
        var lines = lines
        let index = anyIndex { !$0.isEmpty && !$0.hasPrefix("#") }
        let indent = String(lines[index].prefix { $0 == " " })
        switch Int.random(in: 0..<16, using: &generator) {
        case 0: lines.insert(inService("colour-\(word()): red"), at: service())
        case 1: lines.insert(inService("\(pick(Self.planned))"), at: service())
        case 2: lines.insert(inService("\(pick(Self.wrong))"), at: service())
        case 3: lines[index] = "\t" + lines[index]
        case 4: lines[index] = indent + "\"" + lines[index].dropFirst(indent.count)
        case 5: lines[index] += " ]"
        case 6: lines.insert(inService("environment: { A: \"${\(word())\" }"), at: service())
        case 7: lines.insert(inService("environment: { A: \"${\(word()):?must be set}\" }"), at: service())
        case 8: replace(&lines, "clickme/redis:1", with: "no-such-\(word()):1")
        case 9: replace(&lines, "redis-data:/data", with: "\(word()):/data")
        case 10: replace(&lines, "256M", with: "\(word())")
        case 11: replace(&lines, "service_healthy", with: "service_\(word())")
        case 12: replace(&lines, "networks: [clicks]", with: "networks: [\(word())]")
        case 13: replace(&lines, "interval: 2s", with: "interval: 2\(word())")
        case 14: lines.insert(lines[index], at: index)  // a key twice, if it is a key
        default: return noise()
        }
        return Array(lines.joined(separator: "\n").utf8)
    }

    private static let planned = [
        "privileged: true", "tty: true", "gpus: all", "isolation: default", "runtime: other",
        "storage_opt: { size: 1G }", "network_mode: \"container:x\"", "cgroup_parent: x",
    ]
    private static let wrong = [
        "ports: 5", "ports: [\"99999:1\"]", "volumes: [\"relative:relative\"]", "cap_add: CHOWN",
        "stop_signal: SIGNONE", "sysctls: [1, 2]", "ulimits: { nofile: many }", "mem_limit: -5",
        "deploy: { replicas: -1 }", "depends_on: [nobody]", "hostname: under_score!", "pids_limit: x",
        "healthcheck: { retries: often }", "dns: [300.1.1.1]", "init: perhaps", "read_only: 7",
    ]

    private mutating func noise() -> [UInt8] {
        var bytes = Array(lines.joined(separator: "\n").utf8)
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let offset = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: bytes[offset] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: offset)
            default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: offset)
            }
        }
        return bytes
    }

    private mutating func word() -> String {
        String(UInt32.random(in: 1 << 24 ... .max, using: &generator), radix: 36)
    }

    private mutating func pick(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "" }

    private func inService(_ text: String) -> String { "    \(text)" }

    /// The place after the name of a service.
    private mutating func service() -> Int { anyIndex { $0 == "  web:" || $0 == "  redis:" } + 1 }

    private mutating func anyIndex(_ isMeant: (String) -> Bool) -> Int {
        lines.indices.filter { isMeant(lines[$0]) }.randomElement(using: &generator) ?? 0
    }

    private func replace(_ lines: inout [String], _ text: String, with other: String) {
        for index in lines.indices { lines[index] = lines[index].replacing(text, with: other) }
    }
}
