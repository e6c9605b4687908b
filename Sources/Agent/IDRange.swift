// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// The host ids of user namespaces: 4,096 places of 65,536 ids from 0x7000_0000, above every range that
/// distributions hand out.
///
/// A place is claimed by a byte lock on one file of the host, so that agents side by side never share one;
/// the open file is parked with the keeper, so that a claim lasts while containers do.
struct IDRange: Sendable {
    static let places = 4096
    static let parkedName = "ids"
    private static let path = "/run/martlet-ids.lock"

    let file: Descriptor

    static func first(of place: Int) -> UInt32 { 0x7000_0000 + UInt32(place) * 65_536 }

    static func open() throws -> IDRange {
        IDRange(file: try Descriptor.open(path, O_CREAT | O_RDWR | O_NOFOLLOW, mode: 0o600))
    }

    /// Claims the first free place outside `used`, which are our own.
    ///
    /// Throws when none is left.
    func claim(excluding used: Set<Int>) throws -> Int {
        for place in 0..<Self.places where !used.contains(place) {
            if martlet_lock_byte(file.number, Int64(place), 1) == 0 { return place }
            let cause = errno
            guard cause == EAGAIN || cause == EACCES else {
                throw LinuxError("fcntl", Self.path, errno: cause)
            }
        }
        throw AgentError("start", "user namespace", "all \(Self.places) id ranges are in use: stop something")
    }

    /// Claims a place that is ours already; false if another agent took it.
    func keep(_ place: Int) -> Bool { martlet_lock_byte(file.number, Int64(place), 1) == 0 }

    /// Gives a place back.
    func release(_ place: Int) throws {
        try check("fcntl", Self.path, martlet_lock_byte(file.number, Int64(place), 0))
    }
}
