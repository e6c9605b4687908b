// SPDX-License-Identifier: Apache-2.0

/// What the capture thread is asked to do.
enum CaptureCommand: Sendable {
    case add(String, Spool, stdout: StreamDescriptors, stderr: StreamDescriptors?)
    case remove(String, CheckedContinuation<Bool, Never>)
    case stop
}
