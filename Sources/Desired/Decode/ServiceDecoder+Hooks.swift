// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// So many hooks at one turn.
    static let maximumHooks = 100

    /// 05-services.md, "pre_start", "post_start" and "pre_stop".
    func hooks(_ fields: Fields, into service: inout Service) {
        service.preStart = hooks(fields["pre_start"], service.userNamespace)
        service.postStart = hooks(fields["post_start"], service.userNamespace)
        service.preStop = hooks(fields["pre_stop"], service.userNamespace)
    }

    private func hooks(_ field: Field?, _ users: UserNamespace) -> [Hook] {
        guard let field, !field.tree.isNull else { return [] }
        let items = field.items()
        if items.count > ServiceDecoder.maximumHooks {
            field.refuse("more than \(ServiceDecoder.maximumHooks) hooks", "write a script")
        }
        return items.compactMap { hook($0, users) }
    }

    private func hook(_ field: Field, _ users: UserNamespace) -> Hook? {
        guard let fields = Fields(field, .hook), let command = fields["command"] else { return nil }
        var hook = Hook(command: command.tree.isNull ? [] : command.strings())
        if hook.command.isEmpty, !command.findings.hasProblem(within: command.path) {
            command.refuse("is empty", "add what to run")
        }
        if let user = fields["user"], let text = user.string() { hook.user = identity(text, user, users) }
        hook.workingDirectory = fields["working_dir"]?.absolutePath()
        if let field = fields["environment"] { hook.environment = environment(field) }
        return hook
    }
}
