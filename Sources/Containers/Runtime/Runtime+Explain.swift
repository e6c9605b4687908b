// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension Runtime {
    /// What is remembered of a container, and its state.
    public func inspect(_ id: String) throws -> (state: RuntimeState, record: ContainerRecord) {
        let (folder, record) = try find(id, "state", locked: false)
        return (try state(folder, record), record)
    }

    /// Whether this host has version 2 control groups alone.
    public static var isUnified: Bool {
        access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0
    }

    /// The launch program of a bundle, an operation a line.
    ///
    /// Nothing is made; only what the bundle names on the host is opened.
    public func explain(_ bundle: String) throws -> [String] {
        let folder = try Self.absolute(bundle)
        let bytes = try Descriptor.open("\(folder)/config.json", O_RDONLY).readAll(limit: 16 << 20)
        let config = try RuntimeConfig(parsing: bytes)
        guard let process = config.process else {
            throw RuntimeError.refused("explain", bundle, "config.json: process is missing: write one")
        }
        var made = try ProcessSpec(process, config.linux, rights: try OwnRights(), degraded: warn)
        if process.terminal {
            made.terminal = ProcessSpec.Terminal(console: try Descriptor.open("/dev/null", O_RDWR))
        }
        let spec = try ContainerSpec(config, id: "explain", bundle: folder, process: made, cgroup: nil)
        return try LaunchProgram(spec, streams: try Self.standardStreams(), features: []).explained()
    }
}
