// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

/// `Benchmarks/Floor/floor.c`, running beside us: one line asks for a start, one line tells its times.
struct Floor {
    let name: String
    private let pid: Int32
    private let requests: Descriptor
    private let answers: Descriptor

    init(_ bench: Bench, mapping: String) throws {
        name = mapping == "idmap" ? "floor" : "floor, layers not idmapped"
        let group = bench.node.folder.split(separator: "/").last.map(String.init) ?? ""
        var legacy: [String] = []
        var unified = "-"
        for folder in bench.options.cgroups
            ? try Shell.run("find /sys/fs/cgroup -maxdepth 2 -name \(group)").split(separator: "\n") : []
        {
            if access("\(folder)/cgroup.controllers", F_OK) == 0 {
                unified = String(folder)
            } else {
                legacy.append(String(folder))
            }
        }
        let (input, requests) = try Descriptor.pipe()
        let (answers, output) = try Descriptor.pipe()
        let words = [
            bench.options.floor, mapping, "1879048192", "floor-\(mapping)",
            bench.layers.reversed().joined(separator: ":"), unified,
        ]
        let floor = Spawn(words + legacy, environment: [], descriptors: [0: input, 1: output])
        (pid, self.requests, self.answers) = (try floor.start(), requests, answers)
    }

    func start(scratch: String) throws -> Sample {
        try requests.write(Array("\(scratch)\n".utf8))
        let line = String(decoding: try answers.read(200), as: UTF8.self)
        let figures = line.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }.map { $0 / 1e6 }
        guard figures.count == 3 else { throw LinuxError("read", "floor's answer \(line)", errno: EPROTO) }
        return Sample(untilExec: figures[0], whole: figures[1], processor: figures[2])
    }

    func end() {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
