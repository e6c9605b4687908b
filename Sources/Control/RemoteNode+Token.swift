// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

extension RemoteNode {
    /// What the file of our token holds; nil if we have none.
    func readToken() async throws(ControlError) -> String? {
        guard let path = token else { return nil }
        let bytes: [UInt8]
        do {
            bytes = try await Thread.run { try Descriptor.open(path, O_RDONLY).readAll(limit: 4_096) }
        } catch {
            throw ControlError(.invalid, path, "\(error)", "name the file that holds the token")
        }
        let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ControlError(.invalid, path, "holds no token", "`martlet token new` makes one")
        }
        return token
    }
}
