// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
public import Plan

/// The log spools of a node: `logs/APP/SERVICE/INDEX/ID`.
///
/// The path alone says whose lines they are.
public struct LogFolders: Sendable {
    package let root: String

    /// The spools below a state folder's `logs`.
    public init(root: String) { self.root = root }

    /// The folder of one container's log.
    public func path(app: String, service: String, index: Int, id: String) -> String {
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

    /// What is in a folder, hidden names left out; empty if it cannot be read.
    package func children(_ path: String) -> [String] {
        let names = try? Descriptor.open(path, O_DIRECTORY | O_RDONLY).entries().map(\.description)
        return (names ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }
}
