// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux
internal import Transfer

/// A socket that takes messages one by one: UDP, or a unix socket of this node, as datagrams or as a stream.
struct DatagramSocket {
    private static let patience = Duration.seconds(30)

    private let address: SinkSettings.Address
    private let scope: TransferScope
    private let socket: Descriptor
    /// Whether messages run into each other: they end with a newline then.
    private let isStream: Bool
    /// Nil where the receiver makes us wait.
    private let pace: DatagramPace?

    /// Connects; a unix socket may be of either kind.
    ///
    /// No more than `rate` messages go out in a second.
    init(_ address: SinkSettings.Address, rate: Int? = nil, in scope: TransferScope) throws(SinkError) {
        self.address = address
        self.scope = scope
        pace = rate.map { DatagramPace(rate: $0) }
        do throws(LinuxError) {
            if address.way == .udp {
                socket = try Descriptor.connectDatagram(to: address.host, port: address.port)
                isStream = false
                return
            }
            let open = Int32(SOCK_NONBLOCK.rawValue)
            do throws(LinuxError) {
                socket = try Descriptor.connect(address.host, kind: Int32(SOCK_DGRAM.rawValue) | open)
                isStream = false
            } catch {
                guard error.errno == EPROTOTYPE else { throw error }
                socket = try Descriptor.connect(address.host, kind: Int32(SOCK_STREAM.rawValue) | open)
                isStream = true
            }
        } catch {
            throw SinkError("connect to", "\(address)", .unavailable("\(error)"))
        }
    }

    /// Sends a message; false if it is longer than the socket takes.
    func send(_ message: UnsafeRawBufferPointer) throws(SinkError) -> Bool {
        if let pace, !pace.wait(in: scope) { throw SinkError("send to", "\(address)", .cancelled) }
        guard isStream else {
            return try attempt { () throws(LinuxError) in try socket.send(message) } != nil
        }
        try stream(message)
        let newline: Result<Void, SinkError> = withUnsafeBytes(of: UInt8(0x0A)) { newline in
            Result { () throws(SinkError) in try stream(newline) }
        }
        try newline.get()
        return true
    }

    private func stream(_ bytes: UnsafeRawBufferPointer) throws(SinkError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try attempt { () throws(LinuxError) in try socket.send(rest) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count ?? 0))
        }
    }

    /// Sends a message that is in a file; false if the socket takes none.
    func send(_ file: Descriptor) throws(SinkError) -> Bool {
        try attempt { () throws(LinuxError) in try socket.send(descriptor: file) } != nil
    }

    /// Asks again while the receiver's queue is full; nil if the message is too long.
    private func attempt(_ send: () throws(LinuxError) -> Int) throws(SinkError) -> Int? {
        let end = ContinuousClock.now + Self.patience
        while true {
            do throws(LinuxError) { return try send() } catch {
                switch error.errno {
                case EMSGSIZE: return nil
                case EAGAIN, ENOBUFS:
                    guard ContinuousClock.now < end else {
                        throw SinkError(
                            "send to",
                            "\(address)",
                            .unavailable("it took nothing for \(Self.patience)")
                        )
                    }
                    // A socket that is full for want of memory is ready to be written to.
                    let isReady = socket.wait(for: Int32(POLLOUT), .milliseconds(100))
                    let mayGoOn = !isReady || error.errno == EAGAIN || scope.wait(for: .milliseconds(5))
                    guard mayGoOn, !scope.isCancelled else {
                        throw SinkError("send to", "\(address)", .cancelled)
                    }
                default: throw SinkError("send to", "\(address)", .unavailable("\(error)"))
                }
            }
        }
    }
}
