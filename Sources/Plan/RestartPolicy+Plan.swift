// SPDX-License-Identifier: Apache-2.0
internal import Desired

extension RestartPolicy {
    /// Whether a container that ended is started again.
    ///
    /// When, the agent's back-off says.
    func startsAgain(_ instance: Observed.Instance, after status: Int32?) -> Bool {
        if let maximumAttempts, instance.restarts >= maximumAttempts { return false }
        switch condition {
        case .never: return false
        case .onFailure: return status != 0
        case .always, .unlessStopped: return true
        }
    }
}
