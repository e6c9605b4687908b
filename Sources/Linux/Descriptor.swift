// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// An open file descriptor that is closed with its last reference.
public final class Descriptor: Sendable {
    /// The number, valid while this object lives.
    public let number: Int32
    private let isOwned: Bool

    /// Takes over `number`: nobody else may close it.
    public init(owning number: Int32) {
        self.number = number
        isOwned = true
    }

    private init(borrowing number: Int32) {
        self.number = number
        isOwned = false
    }

    deinit { if isOwned { _ = Glibc.close(number) } }

    /// The process's own streams, which stay open.
    public static let standardInput = Descriptor(borrowing: 0)
    /// Where its output goes.
    public static let standardOutput = Descriptor(borrowing: 1)
    /// Where its complaints go.
    public static let standardError = Descriptor(borrowing: 2)

    /// `AT_FDCWD`: paths start in the working directory.
    public static let workingDirectory: Int32 = -100

    /// Opens a path relative to a directory descriptor (the working directory by default), always close-on-exec.
    public static func open(
        _ path: String,
        _ flags: Int32,
        mode: UInt32 = 0,
        at directory: Int32 = workingDirectory
    ) throws(LinuxError) -> Descriptor {
        Descriptor(
            owning: try retrying("openat", path) {
                Glibc.openat(directory, path, flags | O_CLOEXEC, mode_t(mode))
            }
        )
    }

    /// Opens a path confined by `resolve` (`RESOLVE_*` of openat2(2)), always close-on-exec.
    public static func open(
        _ path: String,
        _ flags: Int32,
        mode: UInt32 = 0,
        at directory: Int32,
        resolve: Resolve
    ) throws(LinuxError) -> Descriptor {
        Descriptor(
            owning: try retrying("openat2", path) {
                martlet_openat2(
                    directory,
                    path,
                    UInt64(UInt32(bitPattern: flags | O_CLOEXEC)),
                    UInt64(mode),
                    resolve.rawValue
                )
            }
        )
    }

    /// A second descriptor for the same open file, close-on-exec.
    public func duplicate() throws(LinuxError) -> Descriptor {
        Descriptor(owning: try check("fcntl", "F_DUPFD_CLOEXEC", martlet_dup_cloexec(number)))
    }

    /// A pipe, both ends close-on-exec; `flags` as in pipe2(2).
    public static func pipe(_ flags: Int32 = 0) throws(LinuxError) -> (read: Descriptor, write: Descriptor) {
        var ends: (Int32, Int32) = (-1, -1)
        try check(
            "pipe2",
            "",
            withUnsafeMutableBytes(of: &ends) { bytes in
                bytes.withMemoryRebound(to: Int32.self) { martlet_pipe2($0.baseAddress, flags | O_CLOEXEC) }
            }
        )
        return (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
    }

    /// Reads up to `count` bytes; an empty array is end of file.
    public func read(_ count: Int) throws(LinuxError) -> [UInt8] {
        var failure: LinuxError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(LinuxError) {
                filled = try retrying("read", "descriptor \(number)") {
                    Glibc.read(number, buffer.baseAddress, buffer.count)
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads to the end of the file; more than `limit` bytes is `EFBIG`.
    public func readAll(limit: Int) throws(LinuxError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let part = try read(min(65_536, limit - all.count + 1))
            if part.isEmpty { return all }
            all += part
            if all.count > limit { throw LinuxError("read", "descriptor \(number)", errno: EFBIG) }
        }
    }

    /// Writes all bytes.
    public func write(_ bytes: some Collection<UInt8>) throws(LinuxError) {
        let contiguous = Array(bytes)
        var offset = 0
        while offset < contiguous.count {
            offset += try retrying("write", "descriptor \(number)") {
                contiguous.withUnsafeBytes {
                    Glibc.write(number, $0.baseAddress.map { $0 + offset }, $0.count - offset)
                }
            }
        }
    }
}

/// How far a path may lead, see openat2(2).
public struct Resolve: OptionSet, Sendable {
    /// The `RESOLVE_*` bits.
    public let rawValue: UInt64
    /// Takes `RESOLVE_*` bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Absolute paths, symbolic links and `..` stay below the starting directory, as in a chroot.
    public static let inRoot = Resolve(rawValue: UInt64(MARTLET_RESOLVE_IN_ROOT))
    /// Leaving the starting directory is an error.
    public static let beneath = Resolve(rawValue: UInt64(MARTLET_RESOLVE_BENEATH))
    /// No `/proc/PID/fd`-style links.
    public static let noMagicLinks = Resolve(rawValue: UInt64(MARTLET_RESOLVE_NO_MAGICLINKS))
    /// No symbolic links at all.
    public static let noSymlinks = Resolve(rawValue: UInt64(MARTLET_RESOLVE_NO_SYMLINKS))
    /// No mount point may be crossed.
    public static let noCrossing = Resolve(rawValue: UInt64(MARTLET_RESOLVE_NO_XDEV))
}
