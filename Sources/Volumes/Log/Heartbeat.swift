// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Synchronization
internal import Transfer

/// Gives signs of life for whoever has an epoch, on a thread of its own, until it is stopped.
///
/// One that the store did not take is followed by the next: nothing is lost but politeness.
package final class Heartbeat: Sendable {
    private let scope = TransferScope()
    private let failure = Mutex<VolumeError?>(nil)

    /// Begins at once.
    package init(of epoch: UInt64, in log: CommitLog) throws(VolumeError) {
        do throws(LinuxError) {
            try Thread.detach { [scope, weak self] in
                var random = SystemRandomNumberGenerator()
                repeat {
                    let sign = PackName(using: &random).bytes
                    var result: VolumeError?
                    do throws(VolumeError) { try log.beat(epoch, sign: sign, in: scope) } catch {
                        result = error
                    }
                    self?.failure.withLock { [result] in $0 = result }
                } while scope.wait(for: log.timing.heartbeat)
            }
        } catch {
            throw VolumeError("beat", log.place.volume, .system(error))
        }
    }

    deinit { scope.cancel() }

    /// Why the last sign was not taken; nil if it was.
    package var lastFailure: VolumeError? { failure.withLock { $0 } }

    /// No further one follows.
    package func stop() { scope.cancel() }
}
