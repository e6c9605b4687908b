// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Control
internal import Desired
internal import Images

// A container whose first process is systemd: what it expects (https://systemd.io/CONTAINER_INTERFACE), as podman
// gives it.

extension Node {
    /// Halts systemd in order, systemd(1).
    static let haltsSystemd = Signal("SIGRTMIN+3")

    /// File systems in memory, but where the service mounts something itself.
    static func systemMounts(beside own: [Desired.Mount]) -> [ContainerSpec.Mount] {
        let places = [("/run", "755"), ("/run/lock", "1777"), ("/tmp", "1777"), ("/var/log/journal", "2755")]
        return places.filter { place, _ in !own.contains { $0.target == place } }.map { place, mode in
            ContainerSpec.Mount(.tmpfs([(key: "mode", value: mode)]), at: place)
        }
    }

    /// That it is in a container, and the id of its machine: the same as long as the instance is there.
    static func systemVariables(_ id: String) -> [String: String] {
        ["container": "martlet", "container_uuid": String(Digest(of: Array(id.utf8)).hex.prefix(32))]
    }

    /// What keeps this node from letting a service make control groups; nil if nothing does.
    static func controlGroupsProblem(_ service: Service) throws -> ControlError.Problem? {
        guard service.writesControlGroups else { return nil }
        let mounts = try CgroupMounts.find()
        let key = service.runsSystemd ? "x-martlet.systemd" : "security_opt"
        var fault: (what: String, remedy: String)?
        if mounts.layout == .legacy {
            fault = ("the node has no control groups of version 2", "mount them, or remove the key")
        } else if service.userNamespace == .host, !mounts.guardsLimits(from: 0) {
            fault = (
                "with the host's ids its limits would be in its reach",
                "use 'userns: auto', or mount the node's control groups with nsdelegate"
            )
        }
        return fault.map { problem("services.\(service.name).\(key)", $0.what, $0.remedy) }
    }
}

extension Service {
    /// Whether it may make control groups below its own.
    var writesControlGroups: Bool { hasWritableControlGroups || runsSystemd }
}
