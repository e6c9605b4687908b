// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// `x-martlet.on_change`: what a change of one of its configs and secrets leads to.
    func onChange(_ field: Field, of path: Path, into service: inout Service) {
        let names = Set((service.configs + service.secrets).map(\.source))
        for (name, field) in field.entries() {
            guard names.contains(name) else {
                // A file that was refused is no news here.
                let isBroken = ["configs", "secrets"].contains {
                    field.findings.hasProblem(within: path / $0)
                }
                if !isBroken {
                    field.refuse(
                        "the service has no config or secret \(Characters.quoted(name))",
                        names.isEmpty ? "remove it" : Vocabulary.hint(for: name, among: names)
                    )
                }
                continue
            }
            if let reaction = reaction(field) { service.onChange[name] = reaction }
        }
    }

    private func reaction(_ field: Field) -> ChangeReaction? {
        let remedy = "use 'restart', 'none', 'signal:SIGHUP' or 'exec:COMMAND'"
        guard let text = field.string() else { return nil }
        switch text {
        case "restart": return .restart
        case "none": return ChangeReaction.none
        default: break
        }
        if text.hasPrefix("signal:") {
            let name = String(text.dropFirst("signal:".count))
            guard let signal = Signal(name) else {
                field.refuse(
                    "\(Characters.quoted(name)) is not a signal",
                    "write for example 'signal:SIGHUP'"
                )
                return nil
            }
            return .signal(signal)
        }
        guard text.hasPrefix("exec:") else {
            field.refuse("\(Characters.quoted(text)) is not something to do", remedy)
            return nil
        }
        do throws(ShellWords.Fault) {
            let words = try ShellWords.split(String(text.dropFirst("exec:".count)))
            if !words.isEmpty, words.first?.isEmpty == false { return .execute(words) }
            field.refuse("names no command", remedy)
        } catch {
            field.refuse("is not a list of words", "quote them, or run a shell: exec:sh -c '...'")
        }
        return nil
    }
}
