// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Logs
internal import Transfer

/// systemd-journald on this node, by its own protocol: a datagram for each entry, or a sealed file in memory for one
/// that is too long for a datagram.
struct JournalSink: Sink {
    private let address: SinkSettings.Address
    private let scope: TransferScope
    private var encoder = JournalEncoder(.native)
    private var socket: DatagramSocket?
    private var progress = DatagramProgress()

    init(_ settings: SinkSettings.Journal, in scope: TransferScope) {
        address = SinkSettings.Address(.unix, settings.socket)
        self.scope = scope
    }

    var delivery: Delivery { .kernel }
    var bounds: BatchBounds { BatchBounds(lines: 512, bytes: 256 << 10) }

    mutating func encode(_ batch: LogBatch) throws(SinkError) -> Messages { encoder.encode(batch) }

    mutating func send(_ payload: borrowing Messages) throws(SinkError) {
        if socket == nil { socket = try DatagramSocket(address, in: scope) }
        guard let socket else { return }
        try progress.send(payload) { (entry) throws(SinkError) in
            if try socket.send(entry) { return true }
            let file: Descriptor
            do throws(LinuxError) { file = try Descriptor.sealed("journal-entry", entry) } catch {
                throw SinkError("send to", error)
            }
            return try socket.send(file)
        }
    }

    mutating func confirm() throws(SinkError) -> Int { progress.confirm() }

    mutating func disconnect() {
        socket = nil
        progress.disconnect()
    }
}
