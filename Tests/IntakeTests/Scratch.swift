// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

/// A folder of a test's own, which goes with its last reference.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = "/var/tmp/martlet-intake-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try Shell.run("mkdir -m 755 \(path)")
    }

    deinit { _ = try? Shell.run("rm -rf \(path)") }

    /// Runs a shell script in the folder; its output.
    @discardableResult
    func run(_ script: String) throws -> String {
        try Shell.run("set -e; umask 022; cd \(path)\n\(script)\n")
    }

    /// Writes a file, whole and at once.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let new = "\(path)/.new-\(UInt32.random(in: 0...UInt32.max))"
        try Descriptor.open(new, O_CREAT | O_WRONLY | O_TRUNC, mode: 0o644).write(Array(text.utf8))
        try check("rename", name, rename(new, "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    func bytes(_ name: String) throws -> [UInt8] {
        try Descriptor.open("\(path)/\(name)", O_RDONLY).readAll(limit: 16 << 20)
    }

    /// A key of Debian's ssh-keygen as `NAME` and `NAME.pub`.
    func key(_ name: String, _ type: String = "-t ed25519") throws {
        try run("rm -f \(name) \(name).pub; ssh-keygen -q -N '' -C '' \(type) -f \(name) </dev/null")
    }

    /// Makes a file of allowed signers of lines, in which `@NAME` stands for that public key.
    @discardableResult
    func allow(_ lines: String...) throws -> String {
        var text = ""
        for line in lines {
            let words = line.split(separator: " ").map { word -> String in
                guard word.hasPrefix("@"), let key = try? bytes("\(word.dropFirst()).pub") else {
                    return String(word)
                }
                return String(decoding: key, as: UTF8.self).filter { !$0.isNewline }
            }
            text += words.joined(separator: " ") + "\n"
        }
        return try write(text, to: "allowed")
    }

    /// Signs a file by ssh-keygen; the signature is beside it.
    func sign(_ name: String, _ key: String, namespace: String = "martlet-state", _ options: String = "")
        throws
    {
        try run("rm -f \(name).sig; ssh-keygen -q -Y sign -n \(namespace) \(options) -f \(key) \(name) 2>&1")
    }
}
