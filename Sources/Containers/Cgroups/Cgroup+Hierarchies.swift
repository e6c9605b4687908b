// SPDX-License-Identifier: Apache-2.0

extension Cgroup {
    /// Its version 1 folders by the name of their hierarchy's mount point; empty where there is version 2 alone.
    var hierarchies: [(name: String, folder: String)] {
        var names: [String: String] = [:]
        for (controller, folder) in paths where !controller.isEmpty {
            guard let mount = folders.mounts.legacy[controller] else { continue }
            names[String(mount.point.split(separator: "/").last ?? "")] = folder
        }
        return names.sorted { $0.key < $1.key }.map { (name: $0.key, folder: $0.value) }
    }
}
