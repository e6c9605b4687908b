// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Glibc
internal import Linux

// What git is told.

extension GitSource {
    func process() throws(IntakeError) -> GitProcess {
        do throws(LinuxError) {
            let folder = try GitFolder()
            let scheme = String(place.url.prefix { $0 != ":" })
            var configuration = "[safe]\n\tdirectory = *\n"
            if let authorities = files.authorities {
                let copy = try folder.write(try content(authorities), to: "authorities")
                configuration += "[http]\n\tsslCAInfo = \(copy)\n"
            }
            if let auth = files.auth {
                let value = try Self.authorization(try content(auth), auth)
                // Below the URL: for nobody else.
                configuration += "[http \"\(place.url)\"]\n\textraHeader = \"Authorization: \(value)\"\n"
            }
            let ssh = scheme == "ssh" ? try self.ssh(folder) : nil
            return GitProcess(
                folder: folder,
                scheme: scheme,
                configuration: try folder.write(Array(configuration.utf8), to: "configuration"),
                ssh: ssh
            )
        } catch {
            throw IntakeError(.unreachable, "", "\(error)")
        }
    }

    private func content(_ path: String) throws(LinuxError) -> [UInt8] {
        try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY).readAll(limit: 1 << 20)
    }

    private func ssh(_ folder: GitFolder) throws(LinuxError) -> String {
        var words = [
            "/usr/bin/ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o",
            "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=15", "-o", "ForwardAgent=no", "-o",
            "PermitLocalCommand=no", "-o", "IdentityAgent=none", "-o", "IdentitiesOnly=yes",
        ]
        let hosts = try folder.write(
            try place.knownHosts.map { (path) throws(LinuxError) in try content(path) } ?? [],
            to: "hosts"
        )
        words += ["-o", "UserKnownHostsFile=\(hosts)"]
        if let key = files.key { words += ["-i", try folder.write(try content(key), to: "key")] }
        return words.joined(separator: " ")
    }

    /// The value of `Authorization` for what a file holds.
    private static func authorization(_ bytes: [UInt8], _ path: String) throws(LinuxError) -> String {
        guard let value = Authorization.value(of: bytes) else {
            throw LinuxError("read", path, errno: EINVAL)
        }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
