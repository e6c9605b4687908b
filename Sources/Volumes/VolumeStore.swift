// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Named volumes as directories of the node.
///
/// Ids on disk are the container's own: mounts map them.
public struct VolumeStore: Sendable {
    /// The mode and owner that a fresh volume takes over from the image's directory at its mount point.
    public struct Seed: Sendable {
        /// Permission bits.
        public var mode: UInt32
        /// Owner inside the container.
        public var uid: UInt32
        /// Group inside the container.
        public var gid: UInt32

        /// Describes a seed.
        public init(mode: UInt32 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0) {
            self.mode = mode
            self.uid = uid
            self.gid = gid
        }
    }

    /// Beside the data directory of a volume whose files came from somewhere that knows neither their mode nor their owner.
    public static let unseeded = "unseeded"

    private let folder: String

    /// Volumes below `folder`, which exists.
    public init(folder: String) { self.folder = folder }

    /// Names of the apps that have volumes here.
    public func apps() throws -> [String] { try names(in: folder) }

    /// Names of the volumes of an app.
    public func list(app: String) throws -> [String] { try names(in: "\(folder)/\(app)") }

    private func names(in folder: String) throws -> [String] {
        let directory: Descriptor
        do throws(LinuxError) {
            directory = try Descriptor.open(folder, O_DIRECTORY | O_RDONLY)
        } catch {
            guard error.errno == ENOENT || error.errno == ENOTDIR else { throw error }
            return []
        }
        return try directory.entries().map(\.description).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// The volume's directory, made on first use.
    public func ensure(app: String, name: String) throws -> String {
        for path in ["\(folder)/\(app)", path(app, name)] where mkdir(path, 0o700) < 0 {
            let cause = errno
            guard cause == EEXIST else { throw LinuxError("mkdir", path, errno: cause) }
        }
        Failpoint.volumeMade.reach()
        return path(app, name)
    }

    /// Gives the volume's data directory its first mode and owner; one that exists keeps its own.
    public func seeded(app: String, name: String, _ seed: Seed) throws -> String {
        let folder = try ensure(app: app, name: name)
        let data = "\(folder)/data", fresh = "\(folder)/.data"
        guard access(data, F_OK) < 0 else {
            try dress(data, seed, marked: "\(folder)/\(Self.unseeded)")
            return data
        }
        do throws(LinuxError) {
            // Under another name until it is as it should be; one of a crash will do.
            if mkdir(fresh, 0o700) < 0 {
                let cause = errno
                guard cause == EEXIST else { throw LinuxError("mkdir", fresh, errno: cause) }
            }
            Failpoint.volumeDataMade.reach()
            try check("chown", fresh, lchown(fresh, seed.uid, seed.gid))
            Failpoint.volumeDataOwned.reach()
            try check("chmod", fresh, chmod(fresh, seed.mode & 0o7777))
            Failpoint.volumeDataReady.reach()
            try check("rename", data, rename(fresh, data))
        } catch {
            guard access(data, F_OK) == 0 else { throw error }  // somebody else was faster
        }
        return data
    }

    /// Gives files that came without an owner the one of the seed, once; their modes stay.
    private func dress(_ data: String, _ seed: Seed, marked mark: String) throws {
        guard access(mark, F_OK) == 0 else { return }
        func dress(_ folder: Descriptor) throws(LinuxError) {
            for name in try folder.entries() {
                try folder.changeOwner(name, uid: seed.uid, gid: seed.gid)
                guard try folder.status(name)?.kind == .directory else { continue }
                try dress(folder.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: .beneath))
            }
        }
        let root = try Descriptor.open(data, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try dress(root)
        try root.changeOwner(uid: seed.uid, gid: seed.gid)
        try root.changeMode(seed.mode & 0o7777)
        try check("unlink", mark, unlink(mark))
    }

    private func path(_ app: String, _ name: String) -> String { "\(folder)/\(app)/\(name)" }
}
