// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    private static let maximumSecrets = 100
    private static let patience = Duration.seconds(1)...Duration.seconds(300)

    /// The section `secrets`.
    static func secrets(_ field: Field) -> SecretSettings {
        var settings = SecretSettings()
        guard let fields = Fields(field, .nodeSecrets) else { return settings }
        settings.ageIdentity = fields["age_identity"].flatMap(file)
        if let commands = fields["commands"] {
            let entries = commands.entries()
            if entries.count > maximumSecrets { commands.refuse("more than \(maximumSecrets) commands") }
            for (name, field) in entries {
                guard Names.resource(name) != nil else {
                    field.refuse(
                        "\(Characters.quoted(name)) is not the name of a command",
                        "use letters, digits, '.', '_' and '-', at most 63 of them"
                    )
                    continue
                }
                settings.commands[name] = command(field)
            }
        }
        if let names = fields["environment"] {
            let items = names.items()
            if items.count > maximumSecrets { names.refuse("more than \(maximumSecrets) variables") }
            settings.environment = Set(
                items.compactMap { item in
                    item.parsed("the name of a variable", "use letters, digits and '_'", Names.variable)
                }
            )
        }
        return settings
    }

    /// A list of words, or the long form with a time limit.
    private static func command(_ field: Field) -> SecretSettings.Command? {
        guard field.isMapping else { return arguments(field).map { .init($0) } }
        guard let fields = Fields(field, .nodeSecretCommand),
            let words = fields.required("command", "add for example 'command: [/usr/bin/pass, show, db]'"),
            var command = arguments(words).map({ SecretSettings.Command($0) })
        else { return nil }
        if let field = fields["timeout"], let timeout = field.duration() {
            if patience ~= timeout {
                command.timeout = timeout
            } else {
                field.refuse("must be from 1s to 5m", "write for example 10s")
            }
        }
        return command
    }

    private static func arguments(_ field: Field) -> [String]? {
        let items = field.items()
        guard let first = items.first else {
            if field.isSequence { field.refuse("is empty", "name the program by its absolute path") }
            return nil
        }
        guard items.count <= maximumSecrets else {
            field.refuse("more than \(maximumSecrets) words", "write a script")
            return nil
        }
        guard let program = first.absolutePath() else { return nil }
        let rest = items.dropFirst().compactMap { item -> String? in
            guard let word = item.string() else { return nil }
            if word.utf8.contains(0) { item.refuse("a NUL character", "remove it") }
            return word
        }
        return rest.count == items.count - 1 ? [program] + rest : nil
    }
}
