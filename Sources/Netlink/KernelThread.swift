// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// A thread of its own, outside the cooperative pool: for blocking loops and for namespace changes.
public struct KernelThread: Sendable {
    private let handle: pthread_t

    /// Starts a thread that runs `body` and ends with it.
    public init(_ body: @escaping @Sendable () -> Void) throws(LinuxError) {
        let box = Unmanaged.passRetained(Body(body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle,
            nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            },
            box.toOpaque()
        )
        guard status == 0 else {
            box.release()
            throw LinuxError("pthread_create", "", errno: status)
        }
        self.handle = handle
    }

    /// Waits until the thread has ended; call it exactly once.
    public func join() { pthread_join(handle, nil) }

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
