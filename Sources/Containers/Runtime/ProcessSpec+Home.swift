// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

extension ProcessSpec {
    /// Sets `HOME` from the container's `/etc/passwd` where nobody has set it; `/` for a user who is not in there.
    ///
    /// The file is the tenant's: it is read inside its root, at most 1 MiB, and a home with a control character is
    /// none.
    mutating func addHome(below root: Descriptor) {
        guard !environment.contains(where: { $0.hasPrefix("HOME=") }) else { return }
        environment.append("HOME=\(Self.home(of: uid, below: root) ?? "/")")
    }

    private static func home(of uid: UInt32, below root: Descriptor) -> String? {
        guard
            let file = try? Descriptor.open(
                "etc/passwd",
                O_RDONLY | O_NONBLOCK,
                at: root.number,
                resolve: [.inRoot, .noMagicLinks]
            ), (try? file.status().kind) == .file, let bytes = try? file.readAll(limit: 1 << 20)
        else { return nil }
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            // passwd(5): name, password, uid, gid, comment, home, shell.
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard fields.count >= 6, UInt32(String(decoding: fields[2], as: UTF8.self)) == uid else {
                continue
            }
            let home = fields[5]
            let isPlain = home.first == UInt8(ascii: "/") && home.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
            return isPlain ? String(decoding: home, as: UTF8.self) : nil
        }
        return nil
    }
}
