// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// The users and groups of an image: its `/etc/passwd` and `/etc/group`.
///
/// Blocks on disk.
public struct UserDatabase: Sendable {
    private let passwd: [[Substring]]
    private let group: [[Substring]]
    private let maximumID: UInt32

    private static let maximumBytes = 1 << 20

    /// Reads from unpacked layers, lowest first as in `Image.layers`, seen as overlayfs would show them.
    public init(layers: [String], maximumID: UInt32 = 65_535) throws(ImageError) {
        var roots: [Descriptor] = []
        for path in layers.reversed() {
            roots.append(
                try attempt("read users", path) { () throws(LinuxError) in
                    try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
                }
            )
        }
        try self.init(LayerStack(roots), maximumID)
    }

    /// Reads from the root file system of a container.
    public init(rootfs: Descriptor, maximumID: UInt32 = 65_535) throws(ImageError) {
        try self.init(LayerStack([rootfs]), maximumID)
    }

    private init(_ stack: LayerStack, _ maximumID: UInt32) throws(ImageError) {
        passwd = try Self.lines("etc/passwd", in: stack)
        group = try Self.lines("etc/group", in: stack)
        self.maximumID = maximumID
    }

    /// Resolves `user`, `uid`, `user:group`, `uid:gid` and mixtures; empty is root.
    ///
    /// Digits are always a number, never a name. Without a group, it and the supplementary groups are the user's.
    public func resolve(_ user: String) throws(ImageError) -> UserIdentity {
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first ?? ""
        let wanted = name.isEmpty ? "0" : name
        var line: [Substring]?
        let uid: UInt32
        if isNumber(wanted) {
            uid = try id(wanted, user)
            line = passwd.first { $0.count == 7 && Self.number($0[2]) == uid }
        } else {
            line = passwd.first { $0.count == 7 && $0[0] == wanted }
            guard let line else {
                throw ImageError("resolve user", user, .malformed("the image has no user \(wanted)"))
            }
            uid = try id(line[2], user)
        }
        var gid: UInt32 = 0
        var groups: Set<UInt32> = []
        if parts.count == 2, let wanted = parts.last, !wanted.isEmpty {
            gid = try groupID(wanted, user)
        } else if let line {
            gid = try id(line[3], user)
            for member in group where member.count == 4 && member[3].split(separator: ",").contains(line[0]) {
                if let number = Self.number(member[2]), number <= maximumID { groups.insert(number) }
            }
        }
        return UserIdentity(uid: uid, gid: gid, groups: groups.sorted(), home: home(line))
    }

    private func groupID(_ wanted: Substring, _ user: String) throws(ImageError) -> UInt32 {
        if isNumber(wanted) { return try id(wanted, user) }
        guard let line = group.first(where: { $0.count == 4 && $0[0] == wanted }) else {
            throw ImageError("resolve user", user, .malformed("the image has no group \(wanted)"))
        }
        return try id(line[2], user)
    }

    /// Image text ends up in the environment: no control character comes along (CVE-2022-4318).
    private func home(_ line: [Substring]?) -> String {
        guard let text = line?[5], text.utf8.first == UInt8(ascii: "/"), text.utf8.count < 4096,
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { return "/" }
        return String(text)
    }

    private func isNumber(_ text: Substring) -> Bool { text.utf8.allSatisfy { (0x30...0x39) ~= $0 } }

    private func id(_ text: Substring, _ user: String) throws(ImageError) -> UInt32 {
        guard let number = Self.number(text) else {
            throw ImageError("resolve user", user, .malformed("\(text) is no user or group id"))
        }
        guard number <= maximumID else {
            throw ImageError("resolve user", user, .unsupported("the id \(number) is above \(maximumID)"))
        }
        return number
    }

    /// ASCII digits that fit, nothing else: a wrapped or half read number would be someone else, often root.
    private static func number(_ text: Substring) -> UInt32? {
        guard (1...10).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39) ~= $0 }) else {
            return nil
        }
        return UInt32(text)
    }

    private static func lines(_ path: String, in stack: LayerStack) throws(ImageError) -> [[Substring]] {
        let bytes = try attempt("read users", path) { () throws(LinuxError) -> [UInt8] in
            guard let file = try stack.open(path) else { return [] }
            guard try file.status().size <= Int64(maximumBytes) else {
                throw LinuxError("read", path, errno: EFBIG)
            }
            return try file.readAll(limit: maximumBytes)
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }
    }
}
