// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux

extension Verb {
    private static let creation: [Options.Option] = [
        .value("bundle", "b"), .value("pid-file"), .value("console-socket"), .value("preserve-fds"),
        .flag("no-pivot"), .flag("no-new-keyring"),
    ]

    private func creation(_ options: Options) throws -> Runtime.Creation {
        var creation = Runtime.Creation(bundle: options["bundle"] ?? ".")
        creation.pidFile = options["pid-file"]
        creation.consoleSocket = options["console-socket"]
        creation.preservedDescriptors = try Self.preserved(options)
        creation.noPivot = options.has("no-pivot")
        creation.noNewKeyring = options.has("no-new-keyring")
        return creation
    }

    static func preserved(_ options: Options) throws(UsageError) -> Int {
        let count: Int = try options.number("preserve-fds") ?? 0
        guard (0...100).contains(count) else {
            throw UsageError("--preserve-fds \(count): out of range: write a number from 0 to 100")
        }
        return count
    }

    func create() throws -> Int32 {
        let options = try options(Self.creation)
        let creation = try creation(options)
        try runtime.create(options.id(), creation)
        return 0
    }

    func run() throws -> Int32 {
        let options = try options(
            Self.creation + [.flag("detach", "d"), .flag("keep"), .flag("no-subreaper")]
        )
        let id = try options.id()
        var creation = try creation(options)
        if options.has("detach") {
            try runtime.create(id, creation)
            try startOrRemove(id)
            return 0
        }
        // Signals wait from here on, so that none that comes during the start is lost.
        let foreground = try Foreground()
        creation.console = creation.consoleSocket == nil ? try foreground.console() : nil
        let pid = try runtime.create(id, creation)
        try startOrRemove(id)
        let status = try foreground.wait(for: pid)
        if !options.has("keep") { try runtime.delete(id, force: true) }
        return status
    }

    private func startOrRemove(_ id: String) throws {
        do {
            try runtime.start(id)
        } catch {
            try runtime.delete(id, force: true)
            throw error
        }
    }
}
