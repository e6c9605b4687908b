// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

extension Verb {
    func ps() throws -> Int32 {
        let options = try options([.value("format", "f")], firstWords: 1)
        guard let id = options.words.first else { throw UsageError("no container id: write one") }
        let pids = try runtime.processes(id)
        switch options["format"] ?? "table" {
        case "json": print(JSON.array(pids.map { JSON($0) }).text() + "\n")
        case "table":
            let arguments = Array(options.words.dropFirst())
            print(try Self.table(pids, arguments.isEmpty ? ["-ef"] : arguments))
        case let other: throw UsageError("--format \(other): write table or json")
        }
        return 0
    }

    /// What ps(1) prints of these processes alone.
    private static func table(_ pids: [Int32], _ arguments: [String]) throws -> String {
        let (pipe, pid) = try start(arguments)
        let output = String(decoding: try pipe.readAll(limit: 64 << 20), as: UTF8.self)
        while waitpid(pid, nil, 0) < 0 && errno == EINTR {}
        let lines = output.split(separator: "\n", omittingEmptySubsequences: true)
        guard let head = lines.first,
            let column = head.split(separator: " ").firstIndex(of: "PID")
        else {
            throw UsageError(
                "ps \(arguments.joined(separator: " ")): it prints no PID column: choose other options"
            )
        }
        let wanted = Set(pids.map { Substring("\($0)") })
        let rows = lines.dropFirst().filter { line in
            let fields = line.split(separator: " ")
            return fields.count > column && wanted.contains(fields[column])
        }
        return ([head] + rows).joined(separator: "\n") + "\n"
    }

    /// Starts ps(1); its output, of which nobody else holds the other end, and its pid.
    private static func start(_ arguments: [String]) throws -> (Descriptor, Int32) {
        let (read, write) = try Descriptor.pipe()
        var ps = Spawn(["ps"] + arguments, descriptors: [1: write])
        ps.searchesPath = true
        return (read, try ps.start())
    }
}
