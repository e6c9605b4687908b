// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

/// One call of the command line.
struct Verb {
    let arguments: [String]
    let log: Log
    let runtime: Runtime

    init(_ global: Options, _ arguments: [String], _ log: Log) throws {
        self.arguments = arguments
        self.log = log
        var runtime = Runtime(root: global["root"] ?? Self.usualRoot, keeper: try Self.keeper()) {
            log.warning($0)
        }
        runtime.usesSystemd = global.has("systemd-cgroup")
        self.runtime = runtime
    }

    private static var usualRoot: String {
        if geteuid() != 0, let own = getenv("XDG_RUNTIME_DIR") {
            return String(cString: own) + "/martlet-runtime"
        }
        return "/run/martlet-runtime"
    }

    /// The keeper's program lies beside ours.
    private static func keeper() throws -> String {
        if let named = getenv("MARTLET_KEEPER") { return String(cString: named) }
        return try ProgramFile.beside("martlet-keeper")
    }

    func options(_ known: [Options.Option], firstWords: Int = .max) throws(UsageError) -> Options {
        try Options(arguments, known, firstWords: firstWords)
    }

    func print(_ text: String) { MartletRuntime.print(text: text) }

    // MARK: Short verbs

    func state() throws -> Int32 {
        let id = try options([]).id()
        let (state, record) = try runtime.inspect(id)
        var members: [JSON.Member] = []
        guard case .object(let standard) = state.json else { return 1 }
        members += standard.filter { $0.key != "annotations" }
        members.append(.init("rootfs", .string(record.rootfs)))
        members.append(.init("created", .string(record.created)))
        members += standard.filter { $0.key == "annotations" }
        members.append(.init("owner", ""))
        print(JSON.object(members).text(.indented(by: "  ")) + "\n")
        return 0
    }

    func start() throws -> Int32 {
        try runtime.start(options([]).id())
        return 0
    }

    func delete() throws -> Int32 {
        let options = try options([.flag("force", "f")])
        try runtime.delete(options.id(), force: options.has("force"))
        return 0
    }

    func kill() throws -> Int32 {
        let options = try options([.flag("all", "a")])
        guard (1...2).contains(options.words.count) else {
            throw UsageError("\(options.words.count) words: write a container id and a signal")
        }
        let word = options.words.count == 2 ? options.words[1] : "SIGTERM"
        guard let signal = SignalName.number(word) else {
            throw UsageError("signal \(word): unknown: write a name or a number")
        }
        try runtime.kill(options.words[0], signal: signal, all: options.has("all"))
        return 0
    }

    func pause() throws -> Int32 {
        try runtime.pause(options([]).id())
        return 0
    }

    func resume() throws -> Int32 {
        try runtime.resume(options([]).id())
        return 0
    }

    func checkpoint() throws -> Int32 {
        throw UsageError("checkpoint and restore are not supported: stop the container and start it again")
    }

    func spec() throws -> Int32 {
        let options = try options([.value("bundle", "b"), .flag("rootless")])
        guard !options.has("rootless") else {
            throw UsageError("--rootless: not supported: write the maps of a user namespace into config.json")
        }
        let path = (options["bundle"] ?? ".") + "/config.json"
        let text = RuntimeConfig.template(cgroupNamespace: CgroupMounts.isUnified).text(.indented(by: "\t"))
        guard access(path, F_OK) < 0 else { throw UsageError("\(path): exists already: remove it first") }
        try Descriptor.open(path, O_CREAT | O_EXCL | O_WRONLY, mode: 0o666).write(Array((text + "\n").utf8))
        return 0
    }

    func list() throws -> Int32 {
        let options = try options([.value("format", "f"), .flag("quiet", "q")])
        let all = try runtime.list()
        if options.has("quiet") {
            print(all.map { $0.record.id + "\n" }.joined())
        } else if options["format"] == "json" {
            let values: [JSON] = all.map { record, state in
                [
                    "ociVersion": .string(state.ociVersion), "id": .string(record.id),
                    "pid": JSON(state.pid ?? 0), "status": .string(state.status.rawValue),
                    "bundle": .string(record.bundle), "rootfs": .string(record.rootfs),
                    "created": .string(record.created), "owner": .string(Self.name(of: record.owner)),
                ]
            }
            print(JSON.array(values).text() + "\n")
        } else {
            let rows = all.map { record, state in
                [
                    record.id, "\(state.pid ?? 0)", state.status.rawValue, record.bundle, record.created,
                    Self.name(of: record.owner),
                ]
            }
            print(Self.table([["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]] + rows))
        }
        return 0
    }

    private static func name(of user: UInt32) -> String {
        guard let entry = getpwuid(user) else { return "#\(user)" }
        return String(cString: entry.pointee.pw_name)
    }

    static func table(_ rows: [[String]]) -> String {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, text in
                column == columns - 1
                    ? text : text + String(repeating: " ", count: widths[column] - text.count)
            }.joined(separator: "   ") + "\n"
        }.joined()
    }
}
