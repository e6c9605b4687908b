// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux

/// The secrets of a container in memory behind a descriptor, so that who captures its lines after us knows them, too.
public enum SecretMemory {
    /// A container has at most so much of them, with their names.
    static let limit = 4 << 20

    /// Memory that holds secrets.
    public static func make(_ secrets: [LineRules.Secret]) throws(LogError) -> Descriptor {
        try attempt(.makePipes, "secrets") { () throws(LinuxError) in
            let memory = Descriptor(
                owning: try check(
                    "memfd_create",
                    "",
                    martlet_memfd_create("secrets", UInt32(MARTLET_MFD_CLOEXEC))
                )
            )
            for secret in secrets {
                try memory.write(length(secret.name.utf8.count) + Array(secret.name.utf8))
                try memory.write(length(secret.content.count))
                try secret.content.withBytes { bytes throws(LinuxError) in try memory.write(Array(bytes)) }
            }
            return memory
        }
    }

    /// What another has put there.
    public static func read(_ memory: Descriptor) throws(LogError) -> [LineRules.Secret] {
        let content = try attempt(.adoptPipes, "secrets") { () throws(LinuxError) in
            // The position belongs to the open file, which others may hold.
            let own = try Descriptor.open("/proc/self/fd/\(memory.number)", O_RDONLY)
            return try SecretContent.read(own, limit: limit)
        }
        guard let secrets = content.withBytes({ decode($0) }) else {
            throw LogError(.adoptPipes, "secrets", reason: "are not as they were written")
        }
        return secrets
    }

    private static func length(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(count).littleEndian) { Array($0) }
    }

    /// Nil if they are not what `make` writes.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> [LineRules.Secret]? {
        var secrets: [LineRules.Secret] = []
        var rest = bytes[...]
        func take(_ rest: inout Slice<UnsafeRawBufferPointer>) -> UnsafeRawBufferPointer? {
            guard rest.count >= 4 else { return nil }
            let head = UnsafeRawBufferPointer(rebasing: rest.prefix(4))
            let count = Int(head.get(UInt32.self, at: 0))
            rest = rest.dropFirst(4)
            guard count <= rest.count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        }
        while !rest.isEmpty {
            guard let name = take(&rest), let content = take(&rest) else { return nil }
            secrets.append(.init(String(decoding: name, as: UTF8.self), SecretContent(content)))
        }
        return secrets
    }
}
