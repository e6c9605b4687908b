// SPDX-License-Identifier: Apache-2.0
internal import CLinux

extension SystemdScope {
    /// Tells systemd-machined of a container, which is in a scope, as a machine; it goes with the scope.
    ///
    /// The name is that of a host; `id` is 16 bytes, as machine-id(5) has them.
    public static func register(_ name: String, id: [UInt8], leader: Int32) throws(ContainerError) {
        var answer = [CChar](repeating: 0, count: 512)
        guard id.count == 16 else {
            throw ContainerError(
                step: "systemd",
                "register \(name)",
                cause: .unsupported("not the id of a machine")
            )
        }
        guard martlet_systemd_register(name, id, leader, &answer, answer.count) < 0 else { return }
        let text = String(decoding: answer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        throw ContainerError(step: "systemd", "register \(name)", cause: .unsupported(text))
    }
}
