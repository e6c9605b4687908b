// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// Makes a desired state the app's next generation, and shows how that goes: `martlet apply`.
struct Apply: Sendable {
    let client: ControlClient
    let project: ProjectFiles
    /// Shows it until the app is as desired, or failed.
    var wait = false
    /// The only plan that may be carried out.
    var plan: String?
    /// The generation that the app must have.
    var ifGeneration: Int?
    /// Images count as old enough.
    var now = false
    /// The file that holds a signature of the one file.
    var signature: String?
    var json = false

    func run() async throws {
        try await ProgressScreen(json: json).show(try await lines(), untilOutcome: wait)
    }

    private func lines() async throws -> ControlLines<ApplyProgress> {
        let (wait, now) = (wait ? "1" : nil, now ? "1" : nil)
        if let id = project.planID, plan == nil, signature == nil, ifGeneration == nil {
            let request = ControlRequest(.post, "plans", id, query: ["wait": wait, "now": now])
            return try await client.lines(request, mayTakeLong: true)
        }
        let signed = try signature.map(project.signed)
        let file = try signed?.file ?? project.desired()
        let request = ControlRequest(
            .put,
            "apps",
            file.name,
            query: ["wait": wait, "plan": plan, "now": now],
            body: file.body,
            signature: signed?.signature,
            generation: ifGeneration
        )
        do {
            return try await client.lines(request, mayTakeLong: true)
        } catch {
            throw file.placed(error)
        }
    }
}

extension Apply {
    /// What timers, hooks and pipelines run over and over: `apply [--wait] [--json] [--runtime-dir FOLDER] FILE...`.
    ///
    /// Read like this it starts in half the time: a parser of command lines finds out by reflection what a verb takes.
    /// All else is nil here, and for that parser, as is everything that is wrong.
    init?(plain arguments: [String]) {
        guard arguments.first == "apply" else { return nil }
        var rest = arguments.dropFirst(), files: [String] = [], folder: String?, wait = false, json = false
        while let word = rest.popFirst() {
            switch word {
            case "--wait" where !wait: wait = true
            case "--json" where !json: json = true
            case "--runtime-dir" where folder == nil:
                guard let value = rest.popFirst(), !value.hasPrefix("-") else { return nil }
                folder = value
            default:
                guard !word.hasPrefix("-") else { return nil }
                files.append(word)
            }
        }
        guard !files.isEmpty, let client = RuntimeOptions.client(runtimeDir: folder) else { return nil }
        self.init(client: client, project: ProjectFiles(files), wait: wait, json: json)
    }
}
