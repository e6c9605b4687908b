// SPDX-License-Identifier: Apache-2.0
public import Control
internal import Synchronization

extension Node {
    /// As `apply`, told from the first layer on that is pulled to the outcome.
    ///
    /// Returns with the first line. One that is accepted goes on when nobody listens any more; one that is not can be
    /// called off.
    /// - Throws: `ControlError` if the node cannot take it; of a pull that fails after the first line, the last line
    ///   `failed` tells it.
    public nonisolated func applying(_ pending: PendingApply) async throws -> AsyncStream<ApplyProgress> {
        let (lines, teller) = AsyncStream<ApplyProgress>.makeStream(bufferingPolicy: .bufferingNewest(10_000))
        let (begun, beginning) = AsyncThrowingStream<Void, any Error>.makeStream()
        let last = Mutex<ApplyProgress?>(nil)
        let tell: @Sendable (ApplyProgress) -> Void = { line in
            last.withLock { $0 = line }
            teller.yield(line)
            beginning.yield()
        }
        // Not part of the request, which ends when its client does.
        Task {
            do {
                let (_, progress) = try await apply(pending, tell: tell)
                for await line in progress { tell(line) }
            } catch {
                if let line = last.withLock({ $0 }) { teller.yield(line.failed(error)) }
                beginning.finish(throwing: error)
            }
            teller.finish()
        }
        for try await _ in begun { break }
        return lines
    }
}

extension ApplyProgress {
    fileprivate func failed(_ error: any Error) -> ApplyProgress {
        var line = self
        line.kind = .failed
        line.pull = nil
        line.reason = (error as? ControlError).map { "\($0.what): \($0.remedy)" } ?? "\(error)"
        return line
    }
}
