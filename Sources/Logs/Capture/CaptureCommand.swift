// SPDX-License-Identifier: Apache-2.0

/// What the capture thread is asked to do.
enum CaptureCommand: Sendable {
    case add(String, Spool, stdout: StreamDescriptors, stderr: StreamDescriptors?, LineRules?, HoldMemory?)
    case rules(String, LineRules, HoldMemory?, CheckedContinuation<Void, Never>)
    case remove(String, CheckedContinuation<Bool, Never>)
    /// There is room again in the spool of the instance of this number.
    case room(UInt64)
    case stop
}
