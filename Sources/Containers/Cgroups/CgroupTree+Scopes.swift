// SPDX-License-Identifier: Apache-2.0
internal import Linux

// Containers that are in scopes of systemd's. A scope is systemd's, and has what counts against its neighbours: weights
// and protected memory, which are told to systemd. All limits are on a group below, which systemd never touches
// (`Delegate=yes`): so neither writes over the other.

extension CgroupTree {
    /// The group of a container in its scope.
    static let inScope = "container"

    /// Whether scopes can be had: version 2 alone, and systemd as the host's init.
    public var hasScopes: Bool { folders.mounts.layout == .unified && SystemdScope.isThere }

    /// Has a container's group be in a scope from now on, or no more.
    public func place(_ id: String, in scope: SystemdScope?) { scopes[id] = scope }

    /// Begins the scope of a container, and holds it until the container is in it.
    ///
    /// Its group is there then, with every controller.
    public func begin(_ id: String, _ description: String, _ resources: Resources) async throws -> ScopeHold?
    {
        guard let scope = scopes[id] else { return nil }
        return try await ScopeHold.begin(scope, description, resources, try folders(of: id))
    }

    /// Tells systemd what of a container's limits counts against its neighbours.
    public func update(_ id: String, _ resources: Resources) throws {
        guard let scope = scopes[id] else { return }
        try scope.update(shares: resources)
    }

    /// Ends the scope of a container with all that is in it; one without is fine.
    public func endScope(of id: String) throws { try scopes[id]?.stop() }
}
