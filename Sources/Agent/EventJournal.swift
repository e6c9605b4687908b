// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Glibc
public import Linux
internal import Sinks

/// Events as entries of the node's journal, with fields by which they are found (systemd.journal-fields(7)).
public struct EventJournal: Sendable {
    /// What marks the events that somebody may wait for, see docs/operating.md.
    static let messages = [
        "started": "63cb2e2314dd40329cf992f0f5323a62",
        "healthy": "c004f2b9f0bd408ebf6dba96b0de0a28",
        "unhealthy": "28fee9dc4e984e199e4d09fef3e2841e",
        "exited": "32a03b1e91fb41f69695f0539618368a",
        "restarting": "2cbccbe6b0764de9bfe64235278ffdb6",
        "failed": "37e10537fa12406c863867c471fa8ba8",
        "converged": "c527aeb087734f2e84b9c0d14a4519df",
        "rolled-back": "6778fe257a674b19b89a4accbdaa4466",
        "oom": "4425b35f147e4b0ca4e3964d213065bb",
        "drifted": "4b7168984f6c48a9a4f7056c75c78e88",
        "updated": "44e6a13bf97340a09c53d454f8b6f5b8",
        "reverted": "dd669103f1044f9b81df7c184ab46d8a",
        "refused": "d4f733b7d3c64bc7807f19c54b521ec5",
        "held": "906977b574624bd9984f4a74d7d65177",
        "degraded": "d837fa89c1bc47da8abce66739bd0dc3",
        "fenced": "1223a11349f2402392051da4e6f954ca",
        "branched": "db8d8c1ba37a40c99755a31ef6cf49ef",
        "missed": "93e2b090505d4590a07757ce182c7e13",
        "repaired": "8a5c52ccfaac45078c0477d9b02d3277",
        "logs": "f82a33eed1544718bbfa4b9e9d90010e",
    ]
    /// How urgent those are that are more than what goes on, as syslog(3) counts: errors, warnings, notices.
    private static let priorities = [
        "fenced": 3,
        "failed": 4, "unhealthy": 4, "oom": 4, "rolled-back": 4, "drifted": 4, "restarting": 4, "reverted": 4,
        "refused": 4, "degraded": 4, "branched": 4, "missed": 4, "repaired": 4, "logs": 4,
        "held": 5, "memory": 5,
    ]

    private let socket: Descriptor
    private let node: String

    /// The journal of a node of this name, or of the host's, if it is what a descriptor leads to; `stream` is what the service manager calls it,
    /// the variable `JOURNAL_STREAM` (systemd.exec(5)).
    ///
    /// Nil as well if the journal cannot be reached: what is written to the descriptor is then all that comes to it.
    public init?(
        of node: String?,
        behind descriptor: Int32,
        stream: String?,
        socket: String = "/run/systemd/journal/socket"
    ) {
        guard let stream, Self.leads(descriptor, to: stream) else { return nil }
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue)
        guard let socket = try? Descriptor.connect(socket, kind: kind) else { return nil }
        self.socket = socket
        self.node = node ?? Node.hostName()
    }

    /// Whether a descriptor is the stream of this device and inode, `DEVICE:INODE`.
    static func leads(_ descriptor: Int32, to stream: String) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// Writes an event; does not block, and throws if the journal does not take it now.
    public func write(_ event: EventRecord) throws(LinuxError) {
        let bytes = entry(event)
        let sent: Result<Void, LinuxError> = bytes.withUnsafeBytes { bytes in
            Result { () throws(LinuxError) in
                do throws(LinuxError) { _ = try socket.send(bytes) } catch {
                    guard error.errno == EMSGSIZE else { throw error }
                    _ = try socket.send(descriptor: try Descriptor.sealed("journal-entry", bytes))
                }
            }
        }
        try sent.get()
    }

    static func priority(of kind: String) -> Int { priorities[kind] ?? 6 }

    func entry(_ event: EventRecord) -> [UInt8] {
        let place = [event.app, event.service, event.instance.map { "\($0)" }].compactMap(\.self)
            .joined(separator: "/")
        var entry = JournalEntry()
        entry.put("MESSAGE", [place, event.reason].filter { !$0.isEmpty }.joined(separator: " "))
        entry.put("PRIORITY", "\(Self.priority(of: event.kind))")
        entry.put("SYSLOG_IDENTIFIER", "martlet")
        if let message = Self.messages[event.kind] { entry.put("MESSAGE_ID", message) }
        entry.put("MARTLET_EVENT", event.kind)
        entry.put("MARTLET_NODE", node)
        if let app = event.app { entry.put("MARTLET_APP", app) }
        if let service = event.service {
            entry.put("MARTLET_SERVICE", service)
            entry.put("CONTAINER_NAME", service)
        }
        if let instance = event.instance { entry.put("MARTLET_INSTANCE", "\(instance)") }
        if let details = event.details { entry.put("MARTLET_DETAILS", details.joined(separator: "\n")) }
        return entry.bytes
    }
}
