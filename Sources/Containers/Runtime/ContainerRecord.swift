// SPDX-License-Identifier: Apache-2.0

/// What a runtime remembers of a container, as JSON in its folder.
public struct ContainerRecord: Equatable, Sendable {
    /// The container's id.
    public var id: String
    /// Its first process on the host.
    public var pid: Int32
    /// When that process began, in clock ticks since boot: a pid alone may be another's by now.
    public var startTime: UInt64
    /// When it was made, RFC 3339.
    public var created: String
    /// The bundle's absolute path.
    public var bundle: String
    /// The root file system's absolute path.
    public var rootfs: String
    /// Who made it.
    public var owner: UInt32
    /// Its control group below every mount point.
    public var cgroup: String
    /// `SLICE:PREFIX:NAME` of systemd's unit around that; nil without one.
    public var unit: String?
    /// What is left to do at the start, by operation of the launch program; the last one is the container's program.
    var operations: [Int32: String]

    static let fileName = "state.json"

    init(
        id: String,
        pid: Int32,
        startTime: UInt64,
        created: String,
        bundle: String,
        rootfs: String,
        owner: UInt32,
        cgroup: String,
        unit: String?,
        operations: [Int32: String] = [:]
    ) {
        self.id = id
        self.pid = pid
        self.startTime = startTime
        self.created = created
        self.bundle = bundle
        self.rootfs = rootfs
        self.owner = owner
        self.cgroup = cgroup
        self.unit = unit
        self.operations = operations
    }

    init(parsing bytes: [UInt8]) throws(ConfigError) {
        let at = try JSONCursor(parsing: bytes, document: Self.fileName)
        id = try at.required("id", "the container's id").string()
        pid = try at.required("pid", "a process id").integer()
        startTime = try at.required("startTime", "clock ticks").integer()
        created = try at.required("created", "a time").string()
        bundle = try at.required("bundle", "a path").string()
        rootfs = try at.required("rootfs", "a path").string()
        owner = try at.required("owner", "a user id").integer()
        cgroup = try at.required("cgroup", "a path").string()
        unit = try at["unit"]?.string()
        let names = try at["operations"]?.table { name throws(ConfigError) in try name.string() }
        operations = [:]
        for (number, name) in names ?? [:] { operations[Int32(number) ?? -1] = name }
    }

    var json: JSON {
        [
            "id": .string(id), "pid": JSON(pid), "startTime": JSON(startTime), "created": .string(created),
            "bundle": .string(bundle), "rootfs": .string(rootfs), "owner": JSON(owner),
            "cgroup": .string(cgroup), "unit": unit.map { .string($0) } ?? .null,
            "operations": .object(
                operations.sorted { $0.key < $1.key }.map { .init("\($0.key)", .string($0.value)) }
            ),
        ]
    }
}
