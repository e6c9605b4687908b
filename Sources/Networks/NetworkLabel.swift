// SPDX-License-Identifier: Apache-2.0
internal import Netlink

/// Who owns a kernel object: `martlet:OWNER:APP:NETWORK`, kept in `ifalias` and in nftables comments.
///
/// Objects are found by this label alone. Names are only derived from it, since they have 15 characters.
struct NetworkLabel: Hashable, Sendable, CustomStringConvertible {
    let owner: String
    let app: String
    let network: String

    /// The longest comment of an nftables object is 127 bytes.
    private static let limit = 127

    init(owner: String, app: String, network: String) throws(NetworkError) {
        for (word, part) in [("owner", owner), ("app", app), ("network", network)]
        where !NetworkLabel.isWord(part) {
            throw NetworkError(
                "name",
                "\(word) '\(part)'",
                "only letters, digits, '_', '-' and '.' are allowed, and at least one of them"
            )
        }
        self.owner = owner
        self.app = app
        self.network = network
        guard description.utf8.count <= NetworkLabel.limit else {
            throw NetworkError(
                "name",
                "network '\(network)' of app '\(app)'",
                "shorten the names: their label has over 127 bytes"
            )
        }
    }

    /// Reads a label; anything else is not ours.
    init?(_ text: some StringProtocol) {
        let parts = String(text).split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "martlet",
            parts.dropFirst().allSatisfy({ NetworkLabel.isWord(String($0)) })
        else {
            return nil
        }
        owner = String(parts[1])
        app = String(parts[2])
        network = String(parts[3])
    }

    var description: String { "martlet:\(owner):\(app):\(network)" }

    /// Eight hexadecimal digits, the same for the same label on every host.
    var hash: String { NetworkLabel.hash(description) }

    var bridge: String { "mt-\(hash)" }

    var table: String { "martlet_\(hash)" }

    /// The bridge's hardware address: fixed, or the kernel would change it as ports come and go, and the
    /// containers' neighbour tables would name a gateway that is gone.
    var mac: MACAddress? {
        let number = NetworkLabel.number(description)
        return MACAddress(bytes: [0x02, 0x4e] + [24, 16, 8, 0].map { UInt8(number >> UInt64($0) & 0xff) })
    }

    /// The host's end of the veth pair of a container with this address.
    func port(for address: UInt32) -> String { "mv-" + NetworkLabel.hash("\(self) \(address)") }

    static func isWord(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// FNV-1a, 64 bits, folded to 32.
    static func number(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private static func hash(_ text: String) -> String {
        let number = number(text)
        let digits = String(UInt32(truncatingIfNeeded: number ^ number >> 32), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
