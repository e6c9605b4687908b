// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
public import Linux
internal import Synchronization

/// A network namespace, kept by a descriptor.
public struct NetworkNamespace: Sendable {
    /// The descriptor; the namespace lives at least as long.
    public let descriptor: Descriptor

    /// Takes an open namespace descriptor.
    public init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Opens the namespace of a process, or another path that names one.
    public init(path: String) throws(LinuxError) {
        descriptor = try Descriptor.open(path, O_RDONLY)
    }

    /// Makes a new, empty namespace.
    public static func create() throws -> NetworkNamespace {
        try onThread {
            try check("unshare", "CLONE_NEWNET", martlet_unshare(Int32(MARTLET_CLONE_NEWNET)))
            return try NetworkNamespace(path: "/proc/thread-self/ns/net")
        }
    }

    /// Runs `body` inside the namespace and blocks until it is done.
    ///
    /// It runs on a thread made for it, which enters the namespace (setns(2)) and ends afterwards, so no
    /// other thread ever changes its namespace. A socket opened by `body` belongs to the namespace for good
    /// and may be used from any thread later. `/proc/sys/net` shows the namespace's own values to `body`.
    public func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
        let descriptor = descriptor
        return try NetworkNamespace.onThread {
            try check("setns", "network", martlet_setns(descriptor.number, Int32(MARTLET_CLONE_NEWNET)))
            return try body()
        }
    }

    private static func onThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        let outcome = Outcome<Value>()
        let thread = try KernelThread {
            let result = Result(catching: body)
            outcome.value.withLock { $0 = result }
        }
        thread.join()
        guard let result = outcome.value.withLock({ $0 }) else {
            throw LinuxError("pthread_join", "", errno: ESRCH)
        }
        return try result.get()
    }

    private final class Outcome<Value: Sendable>: Sendable {
        let value = Mutex<Result<Value, any Error>?>(nil)
    }
}
