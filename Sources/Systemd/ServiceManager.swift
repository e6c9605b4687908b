// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// The service manager that started this process and wants to hear how it is: sd_notify(3).
///
/// What it is told is one datagram. It is told, not asked: one that does not read holds nobody up.
public struct ServiceManager: Sendable {
    private let socket: Descriptor
    /// It ends us when it has not heard of progress for so long; nil if it does not watch.
    public let patience: Duration?

    /// A manager at the socket of this name: a path, or `@NAME` without a file.
    ///
    /// Throws when nobody receives there, and `EAFNOSUPPORT` for a name of another kind.
    public init(socket name: String, patience: Duration? = nil) throws(LinuxError) {
        let kind = Int32(SOCK_DGRAM.rawValue)
        switch name.first {
        case "/": socket = try .connect(name, kind: kind)
        case "@": socket = try .connect(abstract: String(name.dropFirst()), kind: kind)
        default: throw LinuxError("connect", name, errno: EAFNOSUPPORT)
        }
        self.patience = patience
    }

    /// The manager that our environment names; nil if there is none.
    ///
    /// Its variables are taken out of the environment: no child of ours is to speak for us. To be called before there
    /// is a second thread that looks at the environment.
    public static func take() throws(LinuxError) -> ServiceManager? {
        let name = ServiceVariable.notifySocket.take()
        let microseconds = ServiceVariable.watchdogPeriod.take().flatMap(Int64.init)
        let watched = ServiceVariable.watchdogPid.take()
        guard let name, !name.isEmpty else { return nil }
        let isMeant = watched.map { Int32($0) == getpid() } ?? true
        let patience = microseconds.flatMap { isMeant && $0 > 0 ? Duration.microseconds($0) : nil }
        return try ServiceManager(socket: name, patience: patience)
    }

    /// Tells it something; false if it does not read now, and was told nothing.
    public func tell(_ words: [ServiceWord]) -> Bool {
        var text = words.map(\.line).joined(separator: "\n")
        let sent = text.withUTF8 {
            send(socket.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
        return sent >= 0
    }
}
