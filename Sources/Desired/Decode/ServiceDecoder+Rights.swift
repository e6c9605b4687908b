// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// What the process may do.
    func rights(_ fields: Fields, into service: inout Service) {
        service.isReadOnly = fields["read_only"]?.bool() ?? false
        service.addedCapabilities = fields["cap_add"].map(capabilities) ?? []
        service.droppedCapabilities = fields["cap_drop"].map(capabilities) ?? []
        for option in fields["security_opt"]?.items() ?? [] { securityOption(option, into: &service) }
        let devices = fields["devices"]?.items().compactMap { item in device(item).map { ($0, item) } } ?? []
        refuseRepeats(devices.map { ($0.target, $1) })
        service.devices = devices.map(\.0)
        for (name, field) in fields["ulimits"]?.entries() ?? [] {
            if let ulimit = ulimit(name, field) { service.ulimits.append(ulimit) }
        }
        service.ulimits.sort { $0.name < $1.name }
        for key in ["privileged", "oom_kill_disable", "use_api_socket"] { fields[key]?.supportOnly("false") }
        for key in ["ipc", "cgroup"] { fields[key]?.supportOnly("private", "") }
        for key in ["pid", "uts"] { fields[key]?.supportOnly("") }
        fields["isolation"]?.supportOnly("default", "")
        if let mode = fields["userns_mode"] { userNamespace(mode, fields, into: &service) }
        service.oomScoreAdjustment = fields["oom_score_adj"]?.integer(-1000...1000)
    }

    /// The word of Compose for what `x-martlet` says too.
    private func userNamespace(_ mode: Field, _ fields: Fields, into service: inout Service) {
        mode.supportOnly("host", "")
        guard mode.scalar?.text == "host" else { return }
        if service.userNamespace != .host, fields["x-martlet"]?.child("userns") != nil {
            mode.refuse("differs from x-martlet.userns", "keep one of them")
        }
        service.userNamespace = .host
    }

    private func capabilities(_ field: Field) -> [String] {
        let names = field.items().compactMap { item in
            item.parsed(
                "a capability",
                "see capabilities(7), for example NET_BIND_SERVICE",
                Capabilities.named
            ).map { ($0, item) }
        }
        refuseRepeats(names)
        return names.map(\.0).sorted()
    }

    private func securityOption(_ field: Field, into service: inout Service) {
        guard let text = field.string() else { return }
        switch text {
        case "no-new-privileges", "no-new-privileges:true", "no-new-privileges=true":
            service.noNewPrivileges = true
        case "no-new-privileges:false", "no-new-privileges=false": service.noNewPrivileges = false
        case "seccomp=unconfined", "seccomp:unconfined": service.isSeccompConfined = false
        case "writable-cgroups", "writable-cgroups:true", "writable-cgroups=true":
            service.hasWritableControlGroups = true
        case "writable-cgroups:false", "writable-cgroups=false": service.hasWritableControlGroups = false
        default:
            let key = text.prefix { $0 != ":" && $0 != "=" }
            let isKnown = [
                "seccomp", "apparmor", "label", "systempaths", "writable-cgroups", "mask", "unmask",
            ].contains(String(key))
            if isKnown {
                field.refuse("\(Characters.quoted(text)) is not supported yet", "remove it")
            } else {
                field.refuse(
                    "\(Characters.quoted(text)) is not a security option",
                    "use no-new-privileges:true or seccomp=unconfined"
                )
            }
        }
    }

    private func device(_ field: Field) -> Device? {
        guard let fields = Fields(field, .device), let source = fields["source"], let text = source.string()
        else { return nil }
        if !text.hasPrefix("/"), text.contains("=") {
            source.refuse("a CDI device is not supported yet", "name a device node")
            return nil
        }
        guard let path = source.absolutePath() else { return nil }
        var device = Device(source: path, target: fields["target"]?.absolutePath() ?? path)
        if let permissions = fields["permissions"]?.string() {
            device.permissions = String("rwm".filter { permissions.contains($0) })
        }
        return device
    }

    private func ulimit(_ name: String, _ field: Field) -> Ulimit? {
        guard ServiceDecoder.ulimitNames.contains(name) else {
            field.refuse("\(Characters.quoted(name)) is not a limit", "see getrlimit(2), for example nofile")
            return nil
        }
        guard field.isMapping else {
            return field.integer(-1...Int64.max).map { Ulimit(name: name, soft: $0, hard: $0) }
        }
        guard let fields = Fields(field, .ulimit),
            let soft = fields["soft"]?.integer(-1...Int64.max),
            let hard = fields["hard"]?.integer(-1...Int64.max)
        else { return nil }
        if hard != -1, soft == -1 || soft > hard { field.refuse("the soft limit is above the hard one") }
        return Ulimit(name: name, soft: soft, hard: hard)
    }

    private static let ulimitNames: Set<String> = [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc",
        "rss",
        "rtprio", "rttime", "sigpending", "stack",
    ]
}
