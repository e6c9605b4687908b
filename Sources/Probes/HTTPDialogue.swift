// SPDX-License-Identifier: Apache-2.0

/// One request by HTTP/1.1 (RFC 9112), of whose answer the status line is read and no more.
struct HTTPDialogue: Dialogue {
    private static let longestLine = 1_024
    /// Interim answers, each with its fields, may come before the final one.
    private static let longestAnswer = 16_384

    let opening: [UInt8]
    private let statuses: [ClosedRange<Int>]
    private var received: [UInt8] = []
    private var total = 0

    init(_ request: HTTPRequest, port: UInt16) {
        var lines = [
            "GET \(request.path) HTTP/1.1", "Host: \(request.host ?? "localhost:\(port)")",
            "Connection: close",
        ]
        let given = Set(request.headers.keys.map { $0.lowercased() })
        if !given.contains("user-agent") { lines.append("User-Agent: martlet-probe") }
        if !given.contains("accept") { lines.append("Accept: */*") }
        lines += request.headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        opening = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        statuses = request.statuses
    }

    mutating func take(_ bytes: [UInt8]) -> DialogueTurn {
        received += bytes
        total += bytes.count
        while true {
            guard let end = received.firstIndex(of: 0x0a) else {
                return received.count > Self.longestLine ? .done(Self.notHTTP) : .proceed([])
            }
            guard end <= Self.longestLine, let status = Self.status(received[..<end]) else {
                return .done(Self.notHTTP)
            }
            if statuses.contains(where: { $0.contains(status) }) { return .done(.success) }
            // RFC 9110, 15.2: an interim answer is followed by another one, but for a change of protocol.
            guard (100...199).contains(status), status != 101 else {
                return .done(.failure("the server answered \(status)"))
            }
            guard let rest = Self.end(ofFields: received) else {
                return total > Self.longestAnswer ? .done(Self.notHTTP) : .proceed([])
            }
            received.removeFirst(rest)
            guard total <= Self.longestAnswer else { return .done(Self.notHTTP) }
        }
    }

    private static let notHTTP = ProbeAnswer.failure("what the server answered is not HTTP")

    /// `HTTP/1.1 200 OK`: the code.
    private static func status(_ line: ArraySlice<UInt8>) -> Int? {
        let words = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].starts(with: Array("HTTP/1.".utf8)), words[0].count == 8 else {
            return nil
        }
        let digits = words[1].last == 0x0d ? words[1].dropLast() : words[1]
        guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let status = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return status >= 100 ? status : nil
    }

    /// Where what follows the empty line begins.
    private static func end(ofFields bytes: [UInt8]) -> Int? {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            let line = bytes[start..<end]
            if line.isEmpty || line == [0x0d] { return end + 1 }
            start = end + 1
        }
        return nil
    }
}
