// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// So many configs and secrets of one service: each is a mount.
    static let maximumFiles = 100

    /// The configs and secrets that it has as files.
    func files(_ fields: Fields, into service: inout Service) {
        let users = service.userNamespace
        let configs = uses(fields["configs"], below: "", users)
        let secrets = uses(fields["secrets"], below: "/run/secrets", users)
        if configs.count + secrets.count > ServiceDecoder.maximumFiles {
            (fields["secrets"] ?? fields["configs"])?.refuse(
                "more than \(ServiceDecoder.maximumFiles) configs and secrets in one service",
                "join some of them"
            )
        }
        var taken = Set(service.mounts.map(\.target))
        for (use, field) in configs + secrets where !taken.insert(use.target).inserted {
            field.refuse("\(use.target) is mounted twice", "keep one of them")
        }
        service.configs = configs.map(\.use).sorted { $0.target < $1.target }
        service.secrets = secrets.map(\.use).sorted { $0.target < $1.target }
    }

    private func uses(
        _ field: Field?,
        below directory: String,
        _ users: UserNamespace
    ) -> [(use: FileUse, field: Field)] {
        (field?.items() ?? []).compactMap { item in use(item, below: directory, users).map { ($0, item) } }
    }

    /// 05-services.md, "configs" and "secrets".
    private func use(_ field: Field, below directory: String, _ users: UserNamespace) -> FileUse? {
        guard let fields = Fields(field, .fileUse), let source = fields["source"]?.string() else {
            return nil
        }
        let given = fields["target"]
        guard let text = given.map({ $0.string() }) ?? source else { return nil }
        guard let target = FilePlace.absolute(text.hasPrefix("/") ? text : "\(directory)/\(text)"),
            target != directory, target != "/", target != "/proc", !target.hasPrefix("/proc/")
        else {
            (given ?? field).refuse(
                "\(Characters.quoted(text)) is not a place for a file",
                "write for example /etc/app.conf, without '..'"
            )
            return nil
        }
        var use = FileUse(source: source, target: target)
        use.user = id(fields["uid"], users) ?? 0
        use.group = id(fields["gid"], users) ?? 0
        if let mode = fields["mode"], let bits = Permissions.read(mode) {
            if bits > 0o777 {
                mode.refuse("only read, write and execute can be permitted", "use 0777 or less")
            }
            // 05-services.md: the writable bit is ignored, for nobody can write there.
            use.mode = bits & 0o555
        }
        return use
    }

    private func id(_ field: Field?, _ users: UserNamespace) -> UInt32? {
        guard let field, let text = field.word() else { return nil }
        guard let id = UInt32(digits: text), id != .max else {
            field.refuse("\(Characters.quoted(text)) is not an id", "write for example \"1000\"")
            return nil
        }
        if users == .auto, id > 65_535 {
            field.refuse(
                "\(id) is outside the 65536 ids of the user namespace",
                "use a smaller id, or 'x-martlet.userns: host'"
            )
        }
        return id
    }
}
