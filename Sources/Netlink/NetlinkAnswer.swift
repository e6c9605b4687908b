// SPDX-License-Identifier: Apache-2.0

/// Gathers the parts of one answer until its end; messages of other requests are passed over.
struct NetlinkAnswer {
    let sequence: UInt32
    private(set) var payloads: [ArraySlice<UInt8>] = []
    private(set) var complete = false
    private(set) var interrupted = false
    private(set) var errno: Int32 = 0
    private(set) var detail: String?

    private static let badMessage: Int32 = 74  // EBADMSG

    init(sequence: UInt32) { self.sequence = sequence }

    /// Takes one datagram, which may hold several messages.
    mutating func take(_ datagram: [UInt8]) {
        var rest = datagram[...]
        while !rest.isEmpty {
            guard let length = rest.integer(at: 0, UInt32.self), length >= 16, Int(length) <= rest.count,
                let type = rest.integer(at: 4, UInt16.self), let flags = rest.integer(at: 6, UInt16.self),
                let number = rest.integer(at: 8, UInt32.self)
            else { return finish(Self.badMessage) }
            if number == sequence {
                message(type, flags, rest.prefix(Int(length)).dropFirst(16))
            }
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
        if datagram.isEmpty { finish(Self.badMessage) }
    }

    private mutating func message(_ type: UInt16, _ flags: UInt16, _ payload: ArraySlice<UInt8>) {
        if flags & Rtnetlink.Flag.interrupted != 0 { interrupted = true }
        switch type {
        case Rtnetlink.Message.error, Rtnetlink.Message.done:
            let status = payload.integer(at: 0, Int32.self) ?? 0
            if flags & Rtnetlink.Flag.extended != 0 {
                // An acknowledgement echoes the request's header, and its payload too unless capped.
                var skipped = 4
                if type == Rtnetlink.Message.error {
                    let echoed = payload.integer(at: 4, UInt32.self).map { Int($0) } ?? 16
                    skipped += flags & Rtnetlink.Flag.capped != 0 ? 16 : (echoed + 3) & ~3
                }
                detail = Attributes(payload.dropFirst(skipped)).string(1)  // NLMSGERR_ATTR_MSG
            }
            finish(status < 0 && status > Int32.min ? -status : 0)
        default:
            payloads.append(payload)
        }
    }

    private mutating func finish(_ errno: Int32) {
        complete = true
        self.errno = errno
    }
}
