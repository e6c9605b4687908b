// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Netlink

@testable internal import Networks

/// Raw Ethernet frames at a container's interface, packet(7).
struct Frames: Sendable {
    private let socket: Descriptor

    /// Opens the interface for frames of one type.
    init(_ space: NetworkNamespace, _ interface: String, type: UInt16) throws {
        socket = try space.run {
            let index = try Bench.find(interface, try NetlinkSocket()).index
            let number = try check("socket", "packet", Glibc.socket(17, 3 | 0o2000000, Int32(type.bigEndian)))
            let socket = Descriptor(owning: number)
            var address: [UInt8] = [17, 0, UInt8(type >> 8), UInt8(type & 0xff)]
            withUnsafeBytes(of: index) { address += $0 }
            address += [UInt8](repeating: 0, count: 12)
            let status = address.withUnsafeBytes {
                bind(number, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), 20)
            }
            try check("bind", interface, status)
            return socket
        }
    }

    func send(_ frame: [UInt8]) throws { try socket.write(frame) }

    /// All frames that arrive within that time.
    func collect(milliseconds: Int32) throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        while Wire.ready(socket, POLLIN, milliseconds) { frames.append(try socket.read(2_048)) }
        return frames
    }

    /// An ARP answer to everyone that `address` is at `mac`.
    static func announcement(of address: IPAddress, at mac: MACAddress, from sender: MACAddress) -> [UInt8] {
        let everyone = [UInt8](repeating: 0xff, count: 6)
        return everyone + sender.bytes + [0x08, 0x06]
            + [0, 1, 8, 0, 6, 4, 0, 2] + mac.bytes + address.bytes + everyone + address.bytes
    }

    /// A router advertisement to all nodes; the checksum does not matter to those who shall not get it.
    static func advertisement(from sender: MACAddress) -> [UInt8] {
        let linkLocal: [UInt8] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]
        let allNodes: [UInt8] = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        return [0x33, 0x33, 0, 0, 0, 1] + sender.bytes + [0x86, 0xdd]
            + [0x60, 0, 0, 0, 0, 16, 58, 255] + linkLocal + allNodes
            + [134, 0, 0, 0, 64, 0, 7, 8] + [UInt8](repeating: 0, count: 8)
    }
}
