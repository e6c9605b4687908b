// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Synchronization

/// A thread that has a network and a resolver of its own; what it starts has them too, and they end with it.
public enum PrivateHost {
    /// Runs `body` where `addresses` are this machine's, and names are asked of 127.0.0.1; blocks until it is done.
    ///
    /// Nothing of the machine's own network and files is touched: network and mounts are namespaces of the thread.
    public static func run<Value: Sendable>(
        addresses: [String],
        _ body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        let outcome = Monitor<Result<Value, any Error>?>(nil)
        try Thread.detach {
            let result = Result { () throws -> Value in
                let kinds = Int32(MARTLET_CLONE_NEWNET) | Int32(MARTLET_CLONE_NEWNS)
                try check("unshare", "", martlet_unshare(kinds))
                let places = addresses.map { "ip address add \($0)/32 dev lo" }
                try Shell.run(
                    """
                    mount --make-rprivate / && mount -t tmpfs none /mnt && ip link set lo up
                    printf 'nameserver 127.0.0.1\\noptions timeout:2 attempts:2\\n' >/mnt/resolv.conf
                    mount --bind /mnt/resolv.conf /etc/resolv.conf
                    \(places.joined(separator: " && "))
                    """
                )
                return try body()
            }
            outcome.change { $0 = result }
        }
        return try outcome.wait { $0 }.get()
    }
}

/// A name server on 127.0.0.1, port 53, for IPv4 addresses; it ends with its last reference.
public final class TestResolver: Sendable {
    private let socket: Descriptor
    private let log: Log

    private final class Log: Sendable {
        let asked = Mutex<[String]>([])
    }

    /// Answers with what `addresses` makes of a name and how often it was asked for before; nil says that there is no
    /// such name.
    public init(_ addresses: @escaping @Sendable (_ name: String, _ before: Int) -> [String]?) throws {
        let log = Log()
        self.log = log
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        socket = Descriptor(owning: try check("socket", "", Glibc.socket(AF_INET, kind, 0)))
        var place = Self.address("127.0.0.1", 53)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = socket.number
        try withUnsafeMutablePointer(to: &place) {
            _ = try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try check("bind", "127.0.0.1:53", bind(number, $0, size))
            }
        }
        let socket = socket
        try Thread.detach {
            var buffer = [UInt8](repeating: 0, count: 1500)
            while true {
                var from = sockaddr_in()
                var length = size
                let (count, answer) = withUnsafeMutablePointer(to: &from) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { place in
                        let count = recvfrom(socket.number, &buffer, buffer.count, 0, place, &length)
                        let answer = Self.answer(Array(buffer.prefix(max(0, count)))) { name in
                            let before = log.asked.withLock { asked in
                                asked.append(name)
                                return asked.count { $0 == name } - 1
                            }
                            return addresses(name, before)
                        }
                        if let answer { sendto(socket.number, answer, answer.count, 0, place, length) }
                        return (count, answer)
                    }
                }
                // The last reference is gone: see `deinit`.
                guard count > 0 || answer != nil else { return }
            }
        }
    }

    deinit { shutdown(socket.number, Int32(SHUT_RDWR)) }

    /// The names whose IPv4 addresses were asked for so far.
    public var asked: [String] { log.asked.withLock { $0 } }

    private static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        inet_pton(AF_INET, text, &place.sin_addr)
        return place
    }

    /// The answer to a query (RFC 1035, 4.1) of one question; nil for what is none.
    private static func answer(_ query: [UInt8], _ addresses: (String) -> [String]?) -> [UInt8]? {
        guard query.count > 16 else { return nil }
        var labels: [String] = []
        var index = 12
        while index < query.count, query[index] > 0 {
            let end = index + 1 + Int(query[index])
            guard end < query.count else { return nil }
            labels.append(String(decoding: query[(index + 1)..<end], as: UTF8.self))
            index = end
        }
        guard index + 5 <= query.count else { return nil }
        let isIPv4 = query[index + 1] == 0 && query[index + 2] == 1
        let found = isIPv4 ? addresses(labels.joined(separator: ".").lowercased()) : []
        let records = found ?? []
        var answer =
            Array(query[0..<2]) + [
                0x81, found == nil ? 0x83 : 0x80, 0, 1, 0, UInt8(records.count), 0, 0, 0, 0,
            ]
        answer += query[12..<(index + 5)]
        for record in records {
            // The name of the question, type A, class IN, for no time, four bytes.
            answer += [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]
            var place = Self.address(record, 0)
            withUnsafeBytes(of: &place.sin_addr) { answer += $0 }
        }
        return answer
    }
}
