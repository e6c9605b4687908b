// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension Runtime {
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
