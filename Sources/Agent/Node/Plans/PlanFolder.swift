// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// `plans/APP.json` in the state folder: what was pushed and waits for leave, for the next agent.
///
/// Blocks.
struct PlanFolder: Sendable {
    let path: String

    init(state: String) { path = "\(state)/plans" }

    /// Every plan, and the files that cannot be used; those are removed.
    func load() throws -> (plans: [HeldPlan], damaged: [String]) {
        guard access(path, F_OK) == 0 else { return ([], []) }
        try Folders.discardReplacements(in: path)
        var plans: [HeldPlan] = []
        var damaged: [String] = []
        for name in try Descriptor.open(path, O_DIRECTORY | O_RDONLY).entries().map(\.description).sorted()
        where name.hasSuffix(".json") {
            let file = "\(path)/\(name)"
            let plan = Seal.open(HeldPlan.self, try Folders.read(file, limit: Seal.maximumBytes))
            if let plan, Ledger.isName(plan.app), name == "\(plan.app).json" {
                plans.append(plan)
            } else {
                try Folders.discard(file)
                damaged.append(file)
            }
        }
        return (plans, damaged)
    }

    func save(_ plan: HeldPlan) throws {
        let bytes = try Seal.close(plan)
        guard bytes.count <= Seal.maximumBytes else {
            throw AgentError("keep the plan of", plan.app, "it is larger than 16 MiB: split the app")
        }
        try Folders.replace("\(plan.app).json", in: try Folders.make(path), with: bytes)
    }

    func remove(_ app: String) throws { try Folders.discard("\(path)/\(app).json") }
}
