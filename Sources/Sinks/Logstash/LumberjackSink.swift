// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

/// Lumberjack, version 2: what Beats speak to Logstash, with acknowledgements.
struct LumberjackSink: Sink {
    /// A receiver that says that it lives, and nothing else, is believed for so many times its patience.
    private static let maximumWaits = 20

    private let settings: SinkSettings.Lumberjack
    private let means: SinkMeans
    private let scope: TransferScope
    private let encoder: LumberjackEncoder

    private var talk: AnsweredStream?
    private var windows = LumberjackWindows()

    init(_ settings: SinkSettings.Lumberjack, _ means: SinkMeans, in scope: TransferScope) {
        self.settings = settings
        self.means = means
        self.scope = scope
        encoder = LumberjackEncoder(settings)
    }

    var delivery: Delivery { .application }
    var bounds: BatchBounds { BatchBounds(lines: settings.window, bytes: 2 << 20) }

    func encode(_ batch: LogBatch) throws(SinkError) -> LumberjackEncoder.Payload {
        try encoder.encode(batch)
    }

    mutating func send(_ payload: borrowing LumberjackEncoder.Payload) throws(SinkError) {
        if talk == nil {
            talk = AnsweredStream(try means.stream(to: settings.address, settings.tls, in: scope))
        }
        try talk?.send(payload.bytes, isAnswerDue: windows.isDue)
        windows.add(payload.windows)
    }

    mutating func confirm() throws(SinkError) -> Int {
        let end = ContinuousClock.now + settings.patience * Self.maximumWaits
        var deadline = ContinuousClock.now + settings.patience
        while let peer = talk?.peer, var unread = talk?.unread {
            do throws(LumberjackWindows.Flaw) {
                if try windows.take(&unread) { deadline = .now + settings.patience }
            } catch {
                throw talk?.nonsense(error.text) ?? SinkError("hear from", peer, .unavailable(error.text))
            }
            talk?.unread = unread
            if windows.isOldestDone { break }
            guard ContinuousClock.now < end else {
                throw SinkError(
                    "hear from",
                    peer,
                    .unavailable(
                        "it says that it lives, but confirmed nothing for \(settings.patience * Self.maximumWaits)"
                    )
                )
            }
            try talk?.hear(until: deadline)
        }
        windows.removeOldest()
        return 0
    }

    mutating func disconnect() {
        talk = nil
        windows = LumberjackWindows()
    }
}
