// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import Plan

/// What must be known of a live instance by an agent that did not start it: one small file in the runtime folder.
struct InstanceRecord: Codable, Equatable, Sendable {
    var id: String
    var app: String
    var service: String
    var index: Int
    var image: String
    var imageDigest: String
    var replaceKey: String
    /// What stands for the contents of its files; an empty mark is that of one that is being changed.
    var contents: [String: String]?
    var dependencies: [String]
    /// The place in the range of user namespaces; nil shares the host's ids.
    var idSlot: Int?
    var restarts = 0
    /// How often in a row it was started again since it last lived for the window of its policy; nil is never.
    var attempts: Int?
    /// The generation that it was made for, or was found unchanged by.
    var generation = 0
    /// When its present run was started, nanoseconds since 1970; nil before the first.
    var startedAt: Int64?
    /// How its last run ended; written before the keeper may forget it.
    var lastStatus: Int32?
    /// Its hooks after the present start have not ended; nil if they have, or there are none.
    var isUnready: Bool?
    /// The generation whose rollout started it, and has it on trial until the end; nil if none has.
    var trial: Int?
    /// Its startup probe has succeeded in this run; nil if not.
    var hasStarted: Bool?
    /// The scope of systemd's that it is in; nil if it is in none.
    var scope: String?
    /// What it has told of itself in this run; nil if it is not asked to.
    var told: Told?
    /// It stands beside the one in its place that it may replace; nil if not.
    var isWaiting: Bool?
    /// It is a run of a job, and its index the run's number; nil if not.
    var isRun: Bool?
    /// What becomes of its lines; nil before its first start.
    var logs: LogSettings?
    /// The limits in force, or with which it starts.
    var limits: Desired.Resources?
    /// What the kernel put in force for them, by the names of the control group's files.
    var inForce: [String: String]?
    /// A user paused it, or the agent is about to.
    var isPaused: Bool?
    /// A user changed them since the last apply; nil if not.
    var areLimitsByHand: Bool?
    /// The snapshot on which its root stands, above the image.
    var base: String?
    /// The snapshot that its writable layer is becoming.
    var sealing: Snapshot?
    var addresses: [String: String] = [:]
    /// The host port of each of the service's ports, in the file's order.
    var hostPorts: [UInt16] = []

    var name: InstanceName { InstanceName(app: app, service: service, index: index) }
    /// Its place in the app: `service/index`.
    var place: String { "\(service)/\(index)" }
    var hostIDs: UInt32? { idSlot.map(IDRange.first) }

    /// Writes the record so that a crash leaves the old one or the new one.
    func save(in folder: String) throws {
        try Folders.replace("\(id).json", in: folder, with: Array(JSONEncoder().encode(self)))
    }

    static func remove(_ id: String, from folder: String) throws {
        guard unlink("\(folder)/\(id).json") < 0 else { return }
        let cause = errno
        guard cause == ENOENT else { throw LinuxError("unlink", "\(folder)/\(id).json", errno: cause) }
    }

    /// Every record that can be read; one that cannot is left out, its container is then nobody's.
    static func all(in folder: String) throws -> [InstanceRecord] {
        var records: [InstanceRecord] = []
        for name in try Descriptor.open(folder, O_DIRECTORY | O_RDONLY).entries().map(\.description)
        where name.hasSuffix(".json") {
            guard let bytes = try? Folders.read("\(folder)/\(name)", limit: 1 << 20),
                let record = try? JSONDecoder().decode(InstanceRecord.self, from: Data(bytes))
            else { continue }
            records.append(record)
        }
        return records.sorted { $0.id < $1.id }
    }
}
