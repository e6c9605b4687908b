// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

extension StreamSink {
    /// What was heard on a connection and not understood yet.
    private final class Unread { var bytes: [UInt8] = [] }

    /// Fluentd's forward protocol without acknowledgements.
    init(_ settings: SinkSettings.Forward, _ means: SinkMeans, in scope: TransferScope) {
        let door = ForwardDoor(settings, means, in: scope), encoder = ForwardEncoder(settings)
        let peer = "\(settings.address)", unread = Unread()
        let stream = TransportStream(
            hear: { (bytes) throws(SinkError) in
                // Nothing is ever said to who does not ask, but that a receiver wants to know who it is.
                unread.bytes += bytes
                while try ForwardDoor.answer(&unread.bytes, from: peer) != nil {}
            },
            connect: { () throws(SinkError) in
                let (stream, talk, keepsAlive) = try door.connect()
                unread.bytes = talk.unread
                if settings.sharedKey == nil {
                    // Who wants a key speaks first, and what it was sent before that is lost: its kernel has it.
                    do throws(TransferError) {
                        unread.bytes += try stream.receive(patience: .milliseconds(200)) ?? []
                    } catch {
                        throw SinkError(error)
                    }
                    while try ForwardDoor.answer(&unread.bytes, from: peer) != nil {}
                }
                return (stream, keepsAlive)
            }
        )
        self.init(stream, BatchBounds()) { (batch) throws(SinkError) in try encoder.encode(batch).bytes }
    }
}
