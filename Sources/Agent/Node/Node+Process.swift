// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Images
internal import Linux

// What runs, as whom and with which rights: the same for a container's first process and for what is run
// inside it later.

extension Node {
    func process(for record: InstanceRecord, _ service: Service, _ image: Image) async throws -> ProcessSpec {
        let subject = "\(record.name)"
        let identity = try await Thread.run {
            try UserDatabase(layers: image.layers).resolve(service.user ?? image.config.user)
        }
        var process = ProcessSpec(
            Self.command(service, image.config),
            seccomp: service.isSeccompConfined ? seccomp : nil
        )
        guard !process.arguments.isEmpty else {
            throw AgentError(
                "start",
                subject,
                "neither the file nor the image names a command: add `command`"
            )
        }
        process.environment = Self.environment(
            service,
            image.config,
            home: identity.home,
            hostname: Self.hostname(record, service),
            id: record.id
        )
        process.directory =
            service.workingDirectory
            ?? (image.config.workingDirectory.isEmpty ? "/" : image.config.workingDirectory)
        process.uid = identity.uid
        process.gid = identity.gid
        process.groups =
            try
            (identity.groups
            + service.additionalGroups.map { group in
                guard let number = UInt32(group), number <= 65_535 else {
                    throw AgentError("start", subject, "group_add \(group): give a number up to 65535")
                }
                return number
            })
        process.capabilities = try Self.capabilities(service, subject)
        process.noNewPrivileges = service.noNewPrivileges
        process.oomScore = service.oomScoreAdjustment ?? 0
        process.limits = try service.ulimits.map { limit in
            guard
                let known = ProcessSpec.ResourceLimit(
                    name: limit.name,
                    soft: UInt64(bitPattern: limit.soft),
                    hard: UInt64(bitPattern: limit.hard)
                )
            else { throw AgentError("start", subject, "ulimits.\(limit.name): no such limit") }
            return known
        }
        let own = openFiles
        if !service.ulimits.contains(where: { $0.name == "nofile" }),
            let limit = ProcessSpec.ResourceLimit(name: "nofile", soft: own.soft, hard: own.hard)
        {
            process.limits.append(limit)
        }
        return process
    }

    private static func command(_ service: Service, _ image: ImageConfig) -> [String] {
        // Compose: a changed entrypoint drops the image's command as well.
        if let entrypoint = service.entrypoint { return entrypoint + (service.command ?? []) }
        return (image.entrypoint ?? []) + (service.command ?? image.command ?? [])
    }

    private static func environment(
        _ service: Service,
        _ image: ImageConfig,
        home: String,
        hostname: String,
        id: String
    ) -> [String] {
        var values = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOSTNAME": hostname,
            "HOME": home,
        ]
        if service.runsSystemd { values.merge(systemVariables(id)) { $1 } }
        for entry in image.environment {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        values.merge(service.environment) { $1 }
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private static func capabilities(_ service: Service, _ subject: String) throws -> Set<Capability> {
        func parse(_ names: [String]) throws -> Set<Capability> {
            try names.reduce(into: []) { set, name in
                if name.uppercased() == "ALL" { return set = Capability.all }
                guard let known = Capability(name) else {
                    throw AgentError("start", subject, "no capability \(name)")
                }
                set.insert(known)
            }
        }
        return Capability.standard.subtracting(try parse(service.droppedCapabilities)).union(
            try parse(service.addedCapabilities)
        )
    }

    static func hostname(_ record: InstanceRecord, _ service: Service) -> String {
        service.hostname ?? (service.networkMode == .host ? hostName() : String(record.id.suffix(63)))
    }

    static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 65)
        // a host may have none
        guard gethostname(&buffer, 64) == 0, buffer[0] != 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
