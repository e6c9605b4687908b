// SPDX-License-Identifier: Apache-2.0
internal import Desired

extension Instance {
    func meets(_ condition: Dependency.Condition) -> Bool {
        switch condition {
        case .started: phase != .created && !isStarting && !isSilent
        case .healthy: phase == .running && health?.state == .healthy
        case .completed: phase == .exited(0)
        }
    }

    /// It ended for good, or it has no check that could make it healthy.
    func cannotReach(_ condition: Dependency.Condition) -> Bool {
        if isStopping { return true }
        switch condition {
        case .started: return isSilent && isEnded
        case .healthy:
            if phase == .running { return health?.isHopeless != false }
            return isEnded
        case .completed: return isEnded && phase != .exited(0)
        }
    }

    /// Exited, and no start follows.
    private var isEnded: Bool {
        guard case .exited(let status) = phase else { return false }
        var copy = backoff
        return copy.delay(policy: service?.restart ?? RestartPolicy(), status: status, ran: .zero) == nil
    }
}
