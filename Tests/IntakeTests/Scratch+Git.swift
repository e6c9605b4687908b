// SPDX-License-Identifier: Apache-2.0

extension Scratch {
    /// A scratch folder with a bare repository `nodes.git`, and a clone `work` with `apps/` to push from.
    static func repository() throws -> Scratch {
        let scratch = try Scratch()
        try scratch.run(
            """
            export GIT_CONFIG_GLOBAL=/dev/null
            git init -q --bare -b main nodes.git; git init -q -b main work; cd work; mkdir apps
            git config user.name ops; git config user.email ops@example.net; git config gpg.format ssh
            git config user.signingkey ../key
            """
        )
        return scratch
    }

    /// Writes files, commits and pushes.
    func push(_ files: [String: String], _ options: String = "", script: String = "") throws {
        for (name, text) in files { try write(text, to: "work/apps/\(name)") }
        try run(
            """
            export GIT_CONFIG_GLOBAL=/dev/null
            cd work; \(script.isEmpty ? ":" : script)
            git add -A; git commit -q --allow-empty -m change \(options) 2>&1; git push -q -f ../nodes.git HEAD:main 2>&1
            """
        )
    }
}
