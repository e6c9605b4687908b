// SPDX-License-Identifier: Apache-2.0

/// What an image says about how to run it.
///
/// All of it is data from outside: nothing here may steer the host.
public struct ImageConfig: Hashable, Sendable {
    /// The machines that it is for.
    public let platform: Platform
    /// `NAME=value`.
    public let environment: [String]
    /// The start of the command line; nil if not set.
    public let entrypoint: [String]?
    /// The rest of the command line; nil if not set.
    public let command: [String]?
    /// `user`, `uid`, `user:group`, `uid:gid`; empty is root.
    ///
    /// See `UserDatabase`.
    public let user: String
    /// Where the process starts; empty is `/`.
    public let workingDirectory: String
    /// For example `6379/tcp`, sorted.
    public let exposedPorts: [String]
    /// Paths that want a volume, sorted.
    public let volumes: [String]
    /// Free notes; never read for control.
    public let labels: [String: String]
    /// The signal that asks it to stop, by name or number.
    public let stopSignal: String?
    /// How its health is asked for.
    public let healthcheck: ImageHealthcheck?
    /// The digests of the uncompressed layers, lowest first.
    public let diffIDs: [Digest]
    /// When it was made, RFC 3339.
    public let created: String?

    /// Reads a configuration.
    public init(_ bytes: [UInt8], subject: String) throws(ImageError) {
        let fields = try Document.decode(Fields.self, from: bytes, "read image configuration", subject)
        let run = fields.config
        guard let root = fields.rootfs, root.type == nil || root.type == "layers" else {
            throw ImageError("read image configuration", subject, .malformed("rootfs.type is not 'layers'"))
        }
        platform = Platform(
            os: fields.os ?? "",
            architecture: fields.architecture ?? "",
            variant: fields.variant
        )
        environment = run?.Env ?? []
        entrypoint = run?.Entrypoint
        command = run?.Cmd
        user = run?.User ?? ""
        workingDirectory = run?.WorkingDir ?? ""
        exposedPorts = (run?.ExposedPorts ?? [:]).keys.sorted()
        volumes = (run?.Volumes ?? [:]).keys.sorted()
        labels = run?.Labels ?? [:]
        stopSignal = run?.StopSignal
        healthcheck = run?.Healthcheck.map(ImageHealthcheck.init)
        diffIDs = root.diff_ids ?? []
        created = fields.created
        // A NUL would cut an argument short once it reaches the kernel.
        let texts = environment + (entrypoint ?? []) + (command ?? []) + [user, workingDirectory] + volumes
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw ImageError("read image configuration", subject, .malformed("a text holds a NUL"))
        }
    }

    // Named as in the document.
    private struct Fields: Decodable {
        var created: String?
        var os: String?
        var architecture: String?
        var variant: String?
        var config: Run?
        var rootfs: Root?
    }

    private struct Root: Decodable {
        var type: String?
        var diff_ids: [Digest]?
    }

    private struct Run: Decodable {
        var Env: [String]?
        var Entrypoint: [String]?
        var Cmd: [String]?
        var User: String?
        var WorkingDir: String?
        var ExposedPorts: [String: Presence]?
        var Volumes: [String: Presence]?
        var Labels: [String: String]?
        var StopSignal: String?
        var Healthcheck: ImageHealthcheck.Fields?
    }
}
