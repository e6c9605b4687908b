// SPDX-License-Identifier: Apache-2.0

/// Which kernel parameters belong to a container, see namespaces(7).
///
/// All others are the host's.
enum Sysctl {
    /// What is wrong with the parameter, or nil.
    static func offence(_ key: String, _ value: String, sharesHostNetwork: Bool) -> String? {
        // CVE-2022-0811: separators in a value reached another parameter.
        guard Characters.isName(key, and: "._-"), !key.hasPrefix("."), !key.hasSuffix("."),
            !key.contains("..")
        else {
            return "\(Characters.quoted(key)) is not a kernel parameter"
        }
        guard !value.isEmpty, value.utf8.count <= 256,
            value.utf8.allSatisfy({ Characters.isAlphanumeric($0) || " \t._:,-".utf8.contains($0) })
        else { return "\(Characters.quoted(value)) is not a value of \(key)" }
        if key.hasPrefix("net.") {
            return sharesHostNetwork ? "\(key) belongs to the host while network_mode is host" : nil
        }
        let isOwn = own.contains(key) || key.hasPrefix("fs.mqueue.")
        return isOwn ? nil : "\(key) is not a parameter of a namespace, it would change the host"
    }

    private static let own: Set<String> = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shm_rmid_forced",
        "kernel.shmall",
        "kernel.shmmax", "kernel.shmmni",
    ]
}
