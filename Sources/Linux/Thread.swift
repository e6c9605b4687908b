// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Threads of our own for calls that block: they never sit on the cooperative pool.
public enum Thread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Runs `body` on a fresh thread that ends with it.
    ///
    /// Throws `EAGAIN` when no thread can be made.
    public static func detach(_ body: @escaping @Sendable () -> Void) throws(LinuxError) {
        let boxed = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let result = pthread_create(
            &thread,
            nil,
            { pointer in
                guard let pointer else { return nil }
                Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            },
            boxed.toOpaque()
        )
        guard result == 0 else {
            boxed.release()
            throw LinuxError("pthread_create", "thread", errno: result)
        }
        pthread_detach(thread)
    }

    /// Runs blocking `body` on a fresh thread and suspends until it is done.
    public static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try detach { continuation.resume(with: Swift.Result(catching: body)) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
