// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Linux
internal import Networks

extension Folders {
    /// Gives back what the kernel holds for the agent of these folders, and clears the runtime folder.
    ///
    /// Throws while an agent or a keeper works in them.
    public func clear() async throws {
        let claim = try await claim(within: .seconds(10))
        defer { withExtendedLifetime(claim) {} }
        if let keeper = try? await Keeper.connect(runtimeDirectory: runtime) {
            keeper.close()
            throw AgentError("clear", runtime, "a keeper works here: end it first")
        }
        try await Thread.run { [self] in
            try endServing()
            try NetworkStore(owner: owner).removeAll()
            try CgroupTree.find(name: "martlet-\(owner)").remove()
            try clearRuntime()
        }
    }
}
