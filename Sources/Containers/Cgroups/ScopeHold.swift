// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// A scope without its container yet: a process that does nothing keeps systemd from ending it.
public final class ScopeHold: Sendable {
    private let end: Descriptor

    private init(_ end: Descriptor) { self.end = end }

    /// Begins a scope with a group below it.
    static func begin(
        _ scope: SystemdScope,
        _ description: String,
        _ resources: Resources,
        _ group: CgroupFolders
    ) async throws -> ScopeHold {
        let end = try Descriptor.event()
        return try await withCheckedThrowingContinuation { continuation in
            do {
                // The process ends with the thread that made it.
                try Thread.detach {
                    do {
                        let holder = try SystemdScope.Holder()
                        try scope.start([holder.pid], description: description, shares: resources)
                        _ = try group.make([])
                        // Where a process is no controller can be handed down.
                        if let folder = group.unified {
                            try CgroupFolders.write("\(holder.pid)", to: "\(folder)/cgroup.procs")
                        }
                        group.handDown(CgroupTree.delegated)
                        continuation.resume(returning: ScopeHold(end))
                        while !end.wait(for: Int32(POLLIN), .seconds(3_600)) {}
                        withExtendedLifetime(holder) {}
                    } catch {
                        try? scope.stop()
                        continuation.resume(throwing: error)
                    }
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// The container is in it, or never will be.
    public func release() { end.ring() }

    deinit { release() }
}
