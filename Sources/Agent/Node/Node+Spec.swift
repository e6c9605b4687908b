// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Containers
internal import Desired
internal import Glibc
internal import Images
internal import Linux
internal import Volumes

// From a service of the file and its image to a container. The image's words are data: they fill in what
// the file leaves open and steer nothing on the host.

extension Node {
    func spec(
        for record: InstanceRecord,
        _ service: Service,
        _ image: Image,
        _ app: App,
        _ given: [ContainerSpec.File]
    ) async throws -> ContainerSpec {
        let hostname = Self.hostname(record, service)
        var spec = ContainerSpec(
            id: record.id,
            process: try await process(for: record, service, image),
            root: .init(
                layers: image.layers,
                scratch: "\(folders.instances)/\(record.id)",
                readOnly: service.isReadOnly
            ),
            users: record.hostIDs.map { .range(from: $0) } ?? .host,
            hostname: hostname
        )
        spec.domainName = service.domainName
        spec.namespaces.network = service.networkMode == .host ? .host : .new
        spec.sysctls = service.sysctls.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if let size = service.sharedMemorySize { spec.sharedMemory = UInt64(clamping: size.bytes) }
        spec.initProcess = service.hasInit
        // What lies on a file system that does not answer holds up this start alone.
        let volumes = volumes
        // What is told with the container's ids already.
        let served = Set(kept.filter { $0.key.app == app.name && $0.value.served != nil }.keys.map(\.name))
        let (devices, mounts) = try await Thread.run {
            let devices = try service.devices.map {
                try DeviceNode(host: $0.source, path: $0.target, permissions: $0.permissions)
            }
            return (devices, try Self.mounts(service, image, app, volumes, served))
        }
        spec.devices = devices
        spec.writesCgroup = service.writesControlGroups
        let system = service.runsSystemd ? Self.systemMounts(beside: service.mounts) : []
        spec.mounts = system + mounts
        spec.files = try await files(service, app, hostname: hostname) + given
        if service.isHanded { try await hand(record.id, service, of: app, to: &spec) }
        return spec
    }

    // MARK: Mounts

    private static func mounts(
        _ service: Service,
        _ image: Image,
        _ app: App,
        _ volumes: VolumeStore,
        _ served: Set<String>
    ) throws -> [ContainerSpec.Mount] {
        var mounts: [ContainerSpec.Mount] = []
        for mount in service.mounts {
            switch mount.source {
            case .volume(let name):
                let data = try Descriptor.open(
                    volumes.seeded(app: app.name, name: name, seed(mount.target, in: image.layers)),
                    MARTLET_O_PATH | O_DIRECTORY | O_NOFOLLOW
                )
                var made = ContainerSpec.Mount(
                    .bind(data, file: false),
                    at: mount.target,
                    readOnly: mount.isReadOnly
                )
                if served.contains(name) { made.idMap = .none }
                mounts.append(made)
            case .bind(let path, let creates):
                if creates, access(path, F_OK) < 0 { _ = try Folders.make(path) }
                let source = try Descriptor.open(
                    path,
                    MARTLET_O_PATH | O_NOFOLLOW,
                    at: Descriptor.workingDirectory,
                    resolve: .noMagicLinks
                )
                var status = stat()
                try check("fstat", path, fstat(source.number, &status))
                guard status.st_mode & S_IFMT != S_IFLNK else {
                    throw AgentError(
                        "start",
                        "\(app.name)/\(service.name)",
                        "volumes: \(path) is a symbolic link: name its target"
                    )
                }
                let isFile = status.st_mode & S_IFMT != S_IFDIR
                mounts.append(
                    .init(.bind(source, file: isFile), at: mount.target, readOnly: mount.isReadOnly)
                )
            case .tmpfs(let options):
                var list = [(key: "mode", value: String(options.mode ?? 0o1777, radix: 8))]
                if let size = options.size { list.append(("size", "\(size.bytes)")) }
                if let user = options.user { list.append(("uid", "\(user)")) }
                if let group = options.group { list.append(("gid", "\(group)")) }
                mounts.append(.init(.tmpfs(list), at: mount.target, readOnly: mount.isReadOnly))
            }
        }
        return mounts
    }

    /// The owner and mode of the image's own directory at a mount point, which a fresh volume takes over.
    private static func seed(_ target: String, in layers: [String]) -> VolumeStore.Seed {
        for layer in layers.reversed() {
            guard let root = try? Descriptor.open(layer, MARTLET_O_PATH | O_DIRECTORY),
                let found = try? Descriptor.open(
                    target,
                    MARTLET_O_PATH | O_DIRECTORY,
                    at: root.number,
                    resolve: [.inRoot, .noMagicLinks]
                )
            else { continue }
            var status = stat()
            guard fstat(found.number, &status) == 0 else { continue }
            return VolumeStore.Seed(mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid)
        }
        return VolumeStore.Seed()
    }
}
