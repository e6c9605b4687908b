// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// What runs, and as whom.
    func process(_ fields: Fields, into service: inout Service) {
        service.command = fields["command"].flatMap(commandLine)
        service.entrypoint = fields["entrypoint"].flatMap(commandLine)
        if let field = fields["environment"] { service.environment = environment(field) }
        service.workingDirectory = fields["working_dir"]?.absolutePath()
        service.hostname = fields["hostname"].flatMap(hostname)
        service.hasInit = fields["init"]?.bool() ?? false
        if service.hasInit, service.runsSystemd {
            fields["init"]?.refuse("does not go with x-martlet.systemd, which is an init", "remove it")
        }
        if let field = fields["tty"], field.bool() == true {
            field.refuse("a terminal is not supported yet", "remove it")
        }
        service.hasOpenInput = fields["stdin_open"]?.bool() ?? false
        if let user = fields["user"], let text = user.string() {
            service.user = identity(text, user, service.userNamespace)
        }
        if let field = fields["group_add"] {
            let groups = field.items().compactMap { item in
                item.text().flatMap { identity($0, item, service.userNamespace) }.map { ($0, item) }
            }
            for (text, item) in groups where text.contains(":") { item.refuse("must be one group") }
            refuseRepeats(groups)
            service.additionalGroups = groups.map(\.0)
        }
        service.annotations = fields["annotations"]?.labels() ?? [:]
        service.labels = fields["labels"]?.labels() ?? [:]
    }

    /// Null keeps the image's.
    private func commandLine(_ field: Field) -> [String]? {
        field.tree.isNull ? nil : field.strings()
    }

    /// A variable that still has no value is left out.
    func environment(_ field: Field) -> [String: String] {
        var result: [String: String] = [:]
        for (key, value, field) in field.pairs() {
            guard Names.variable(key) != nil else {
                field.refuse("\(Characters.quoted(key)) is not the name of a variable")
                continue
            }
            result[key] = value
        }
        return result
    }

    private func hostname(_ field: Field) -> String? {
        guard let text = field.string() else { return nil }
        guard Names.host(text) != nil else {
            field.refuse(
                "\(Characters.quoted(text)) is not a host name",
                "use letters, digits and inner hyphens, at most 63 in a label and 64 in all"
            )
            return nil
        }
        return text
    }

    func identity(_ text: String, _ field: Field, _ userNamespace: UserNamespace) -> String? {
        guard let identity = Identity(text) else {
            field.refuse(
                "\(Characters.quoted(text)) is not a user or group",
                "write for example \"1000:1000\" or \"www-data\""
            )
            return nil
        }
        if userNamespace == .auto, let id = identity.ids.first(where: { $0 > 65_535 }) {
            field.refuse(
                "\(id) is outside the 65536 ids of the user namespace",
                "use a smaller id, or 'x-martlet.userns: host'"
            )
        }
        return text
    }
}
