// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Linux

// What a container is handed as systemd hands it to its services: sockets to serve, and one to tell of itself by.

extension Node {
    /// Adds to a container what its service asks for.
    func hand(_ id: String, _ service: Service, of app: App, to spec: inout ContainerSpec) async throws {
        var variables: [String: String] = [:]
        if !service.sockets.isEmpty {
            spec.process.descriptors = try await sockets(of: service, in: app.name)
            variables["LISTEN_FDS"] = "\(service.sockets.count)"
            variables["LISTEN_FDNAMES"] = service.sockets.map(\.name).joined(separator: ":")
            // The first process of its namespace, or the one that an init starts first.
            variables["LISTEN_PID"] = spec.initProcess ? "2" : "1"
        }
        if let notification = service.notification {
            let folder = try await openNotify(id)
            // With the host's ids, of which the container sees nothing: it may send, and nothing else.
            var mount = ContainerSpec.Mount(
                .bind(folder, file: false),
                at: Notification.folder,
                readOnly: true
            )
            mount.idMap = .none
            spec.mounts.append(mount)
            variables["NOTIFY_SOCKET"] = NotifyPlace.path
            if let watchdog = notification.watchdog {
                variables["WATCHDOG_USEC"] = "\(Int64(watchdog / .microseconds(1)))"
            }
        }
        spec.process.environment.removeAll { entry in
            variables.keys.contains { entry.hasPrefix("\($0)=") }
        }
        spec.process.environment += variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }
}

extension Service {
    /// It is handed something as systemd does it.
    var isHanded: Bool { notification != nil || !sockets.isEmpty }
}
