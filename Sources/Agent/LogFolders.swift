// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Plan

/// The log spools of a node: `logs/APP/SERVICE/INDEX/ID`.
///
/// The path alone says whose lines they are.
public struct LogFolders: Sendable {
    private let root: String

    /// The spools below a state folder's `logs`.
    public init(root: String) { self.root = root }

    func path(app: String, service: String, index: Int, id: String) -> String {
        "\(root)/\(app)/\(service)/\(index)/\(id)"
    }

    /// Every spool of an app, or of one of its services: whose it is, and its folder.
    public func spools(app: String?, service: String? = nil) -> [(name: InstanceName, path: String)] {
        children(root).filter { app == nil || $0 == app }.flatMap { app in
            children("\(root)/\(app)").filter { service == nil || $0 == service }.flatMap { service in
                children("\(root)/\(app)/\(service)").flatMap { index in
                    children("\(root)/\(app)/\(service)/\(index)").map { id in
                        (
                            InstanceName(app: app, service: service, index: Int(index) ?? 0),
                            "\(root)/\(app)/\(service)/\(index)/\(id)"
                        )
                    }
                }
            }
        }
    }

    /// How many logs of earlier containers in a place are kept beside the present one.
    static let kept = 2

    /// Removes all but the newest logs of earlier containers in a place.
    func prune(app: String, service: String, index: Int, keeping id: String) throws {
        let place = "\(root)/\(app)/\(service)/\(index)"
        let earlier = children(place).filter { $0 != id }.map { name in
            var status = stat()
            return (
                path: "\(place)/\(name)",
                time: stat("\(place)/\(name)", &status) == 0 ? status.st_mtim.tv_sec : 0
            )
        }
        for old in earlier.sorted(by: { $0.time > $1.time }).dropFirst(Self.kept) {
            try Folders.removeTree(old.path)
        }
    }

    private func children(_ path: String) -> [String] {
        let names = try? Descriptor.open(path, O_DIRECTORY | O_RDONLY).entries().map(\.description)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }
}
