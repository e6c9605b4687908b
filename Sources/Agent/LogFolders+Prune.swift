// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Glibc
internal import Plan
internal import Sinks
internal import Synchronization

extension LogFolders {
    /// How many logs of earlier containers in a place are kept beside the present one.
    static let kept = 2
    /// How many more are kept while a sink has not sent all of them.
    static let keptForSinks = 20

    /// Removes all but the newest logs of earlier containers in a place, and those that sinks have still to send.
    func prune(app: String, service: String, index: Int, keeping id: String, _ shipper: LogShipper?) throws {
        let place = "\(root)/\(app)/\(service)/\(index)"
        let earlier = children(place).filter { $0 != id }.map { name in
            var status = stat()
            return (
                path: "\(place)/\(name)",
                time: stat("\(place)/\(name)", &status) == 0 ? status.st_mtim.tv_sec : 0
            )
        }
        let old = earlier.sorted(by: { $0.time > $1.time }).dropFirst(Self.kept)
        let needed = old.filter { shipper?.isShipping($0.path) ?? false }.prefix(Self.keptForSinks)
        for old in old where !needed.contains(where: { $0.path == old.path }) {
            shipper?.forget(old.path)
            try Folders.removeTree(old.path)
        }
    }
}

extension LogFolders {
    /// How long the logs of a place stay in which nothing is any more, since its last line, in seconds.
    static let stay: Int64 = 7 * 86_400
    /// In how many such places at most.
    static let mostLeft = 500
    /// A start makes folders where a removal takes empty ones away: one after the other.
    private static let turn = Mutex<Void>(())

    /// Makes the folder of a log; its absolute path.
    static func make(_ path: String) throws -> String { try turn.withLock { _ in try Folders.make(path) } }

    /// Removes the logs of places in which nothing is any more: those without a line for a week, and all but the
    /// newest 500; which places these were.
    ///
    /// `now` is in seconds since 1970.
    func prune(sparing present: Set<InstanceName>, now: Int64, _ shipper: LogShipper? = nil) throws
        -> [InstanceName]
    {
        let left = Dictionary(grouping: spools(app: nil), by: \.name).filter { !present.contains($0.key) }
            .map { name, spools in
                (name: name, paths: spools.map(\.path), time: spools.map { lastWrite($0.path) }.max() ?? 0)
            }
            .sorted { ($0.time, $0.name) > ($1.time, $1.name) }
        let gone = left.enumerated().filter { $0 >= Self.mostLeft || $1.time < now - Self.stay }.map(
            \.element
        )
        for place in gone {
            for path in place.paths {
                shipper?.forget(path)
                try Folders.removeTree(path)
            }
            let (app, service) = ("\(root)/\(place.name.app)", place.name.service)
            // Whatever else is in them keeps them.
            Self.turn.withLock { _ in
                for folder in ["\(app)/\(service)/\(place.name.index)", "\(app)/\(service)", app] {
                    guard rmdir(folder) == 0 else { return }
                }
            }
        }
        return gone.map(\.name)
    }

    private func lastWrite(_ spool: String) -> Int64 {
        ([spool] + children(spool).map { "\(spool)/\($0)" }).map { path in
            var status = stat()
            return stat(path, &status) == 0 ? Int64(status.st_mtim.tv_sec) : 0
        }.max() ?? 0
    }
}
