// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Lazy
internal import Linux
internal import Volumes

/// A volume whose files come while they are read: what is mounted for it on this node, and who serves that.
///
/// Every call blocks.
struct ServedVolume: Sendable {
    /// What the names of all such devices begin with, where the keeper has them.
    static let parkedPrefix = "lazy."

    private let name: VolumeName
    private let folder: VolumeFolder
    private let volume: LazyVolume
    private let settings: LazySettings
    /// The place in the range of user namespaces whose ids its files are told with; nil for the host's.
    let place: Int?

    /// The volume of a folder whose mark names a version.
    ///
    /// - Parameters:
    ///   - name: The volume.
    ///   - folder: Where it is.
    ///   - mark: What its files are told by.
    ///   - store: Where they come from.
    ///   - group: The control group of who serves it; nil for ours.
    /// - Throws: Why its folder cannot be used.
    init(
        _ name: VolumeName,
        _ folder: VolumeFolder,
        _ mark: VolumeFolder.Mark,
        from store: LazySettings.Store,
        in group: String?
    ) throws {
        self.name = name
        place = mark.place
        self.folder = folder
        let ids = IdentityMap(place: mark.place)
        volume = try LazyVolume(folder.path, ids: ids)
        var settings = LazySettings(
            app: name.app,
            volume: name.name,
            sequence: mark.served,
            store: store,
            cache: volume.cache
        )
        settings.ids = ids
        settings.cgroup = group
        self.settings = settings
    }

    /// What the keeper calls the device of its mount.
    static func parkedName(_ name: VolumeName) throws -> String {
        try parkedPrefix + ContentName(of: Array("\(name)".utf8)).hex
    }

    /// How far its process is; nil if none answers.
    var status: LazyStatus? { volume.status }

    /// Whether all is mounted, and served as far as it has to be.
    func isWhole() throws -> Bool {
        let mounts = try volume.mounts()
        return mounts.volume && (!mounts.version || volume.status != nil)
    }

    /// Looks at what is mounted, and mounts the version anew where nobody could serve what is.
    ///
    /// - Parameters:
    ///   - parked: The device that an agent before us left with the keeper.
    ///   - isUsed: Whether containers have it: then nothing is taken from below them.
    /// - Returns: The device that somebody has to serve, and whether it is a new one; nil if none has to.
    /// - Throws: If containers have a mount that nobody can serve any more, or none can be made.
    func prepare(_ parked: Descriptor?, isUsed: Bool) throws -> (device: FuseDevice, isNew: Bool)? {
        if try isWhole() { return nil }
        if let parked, try volume.mounts().volume { return (FuseDevice(parked), false) }
        guard !isUsed else {
            throw AgentError(
                "serve",
                "volume \(name)",
                "what containers have of it cannot be served any more: stop all that use it, and start them"
            )
        }
        try volume.end()
        guard try !volume.isHere() else { return nil }
        return (try volume.mountLower(source: "\(name)"), true)
    }

    /// Starts who serves a device; it outlives us.
    func serve(_ device: FuseDevice) throws {
        let flags = O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_NOFOLLOW
        let log = try Descriptor.open("\(folder.path)/served.log", flags, mode: 0o600)
        let program = try ProgramFile.beside("martlet-lazy")
        let process = try LazyProcess.start(program, settings, on: device, log: log)
        try Thread.detach { process.reap() }
    }

    /// Mounts the volume itself, unless it is.
    func mount() throws { if try !volume.mounts().volume { _ = try volume.mountMerged() } }

    /// Ends who serves it, and takes all mounts away.
    func end() throws { try volume.end() }
}
