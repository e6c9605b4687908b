// SPDX-License-Identifier: Apache-2.0

extension NodeDecoder {
    /// `update.agent`.
    static func agentUpdate(_ field: Field) -> AgentUpdate? {
        guard let fields = Fields(field, .nodeAgentUpdate),
            let source = fields.required(
                "source",
                "add for example 'source: registry.example.net/martlet@sha256:...'"
            )?
            .word()
        else { return nil }
        var update = AgentUpdate(source)
        update.verify = fields["verify"]?.parsed(
            "the name of a rule",
            "use a name from trust.images",
            Names.resource
        )
        if let field = fields["health"], let health = field.duration() {
            if AgentUpdate.times ~= health {
                update.health = health
            } else {
                field.refuse("must be from 15s to 4m", "write for example 2m")
            }
        }
        return update
    }
}
