// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Objects
internal import Transfer
internal import Volumes

/// What `martlet-lazy` does: serves a version on a device until its mount is gone.
package struct LazyService: Sendable {
    private let settings: LazySettings
    private let device: FuseDevice
    private let report: @Sendable (String) -> Void

    /// Serves what settings tell of.
    package init(
        _ settings: LazySettings,
        on device: FuseDevice,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.settings = settings
        self.device = device
        self.report = report
    }

    /// Serves; blocks until the mount is gone.
    ///
    /// `isReady` is called once, when all is there to answer whoever reads.
    package func run(environment: [String: String], _ isReady: () throws -> Void) throws {
        // A shell, or whoever started us, has no say any more; one that leads a session already may stay.
        _ = setsid()
        if let cgroup = settings.cgroup {
            try Descriptor.open("\(cgroup)/cgroup.procs", O_WRONLY).write("0".utf8)
        }
        let folder = try Descriptor.open(settings.cache, O_RDONLY | O_DIRECTORY)
        // Nobody else works in the folder from here on.
        let log = try RequestLog(in: folder)
        let scope = TransferScope()
        let store = try LazyStore.make(settings.store, environment: environment)
        let packs = PackSource(store, in: scope, patience: .seconds(settings.patience))
        let place = try LogPlace(app: settings.app, volume: settings.volume)
        let record = try record(in: CommitLog(place, in: RetriedStore(store)), VersionMark(in: folder), scope)
        try VersionMark(record, of: place).claim(folder)
        let index = try TreeFetch.index(of: record, from: packs, ids: settings.ids)
        martlet_trim_heap()
        let files = try VersionFiles(index, from: packs, in: folder, report: report)
        let server = FuseServer(device, index, files, log)
        try LazyControl.serve(in: settings.cache) {
            LazyStatus(record.sequence, files, waiting: server.waitingCount)
        }
        if settings.isHydrated {
            try Hydration(files, limit: settings.limit).start()
            try PlainTree.makeWhenComplete(files, in: folder, ids: settings.ids, report: report)
        }
        try isReady()
        try server.run()
    }

    /// The version that is asked for; of the last one, that which was the last when the folder was new.
    private func record(in log: CommitLog, _ mark: VersionMark?, _ scope: TransferScope) throws
        -> CommitRecord
    {
        if let sequence = settings.sequence ?? mark?.sequence { return try log.record(sequence, in: scope) }
        guard let tail = try log.tail(in: scope) else {
            throw VolumeError("read", log.place.volume, .refused("the store has no such volume"))
        }
        return tail
    }
}
