// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Logs
internal import Transfer

/// systemd-journal-remote on another node: entries in the export format, and its word that it has stored them.
struct RemoteJournalSink: Sink {
    private let settings: SinkSettings.RemoteJournal
    private let means: SinkMeans
    private let scope: TransferScope
    private var encoder: JournalEncoder

    init(_ settings: SinkSettings.RemoteJournal, _ means: SinkMeans, in scope: TransferScope) {
        self.settings = settings
        self.means = means
        self.scope = scope
        encoder = JournalEncoder(.export(boot: Self.boot))
    }

    var delivery: Delivery { .application }
    var bounds: BatchBounds { BatchBounds(lines: 2_048, bytes: 512 << 10) }

    mutating func encode(_ batch: LogBatch) throws(SinkError) -> [UInt8] { encoder.encode(batch).bytes }

    func send(_ payload: borrowing [UInt8]) throws(SinkError) {
        let trust = settings.url.hasPrefix("https:") ? try means.trust(settings.tls) : TransferTrust()
        let status: Int
        do throws(TransferError) {
            let request = TransferRequest(
                "POST",
                try TransferURL(settings.url),
                fields: [(name: "Content-Type", value: "application/vnd.fdo.journal")],
                body: .bytes(copy payload),
                trust: trust,
                limits: .small(64 << 10)
            )
            let transfer = try means.client.send(request, in: scope)
            status = transfer.response.status
            transfer.drain()
        } catch {
            throw SinkError(error)
        }
        switch status {
        case 202: return
        // It does not understand what was sent, or takes no entry that is so large.
        case 400, 413: throw refusal(.rejected("it answers \(status)"))
        default: throw refusal(.unavailable("it answers \(status): is it systemd-journal-remote?"))
        }
    }

    func confirm() throws(SinkError) -> Int { 0 }
    func disconnect() {}

    private func refusal(_ cause: SinkError.Cause) -> SinkError {
        SinkError("send to", settings.url, cause)
    }

    /// The id of this boot as journals write it; zeros if the kernel does not tell.
    private static let boot: String = {
        let file = try? Descriptor.open("/proc/sys/kernel/random/boot_id", O_RDONLY).readAll(limit: 64)
        let digits = String(decoding: file ?? [], as: UTF8.self).filter(\.isHexDigit)
        return digits.utf8.count == 32 ? digits : String(repeating: "0", count: 32)
    }()
}
