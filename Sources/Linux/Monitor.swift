// SPDX-License-Identifier: Apache-2.0
internal import CLinux  // it owns timespec where it is built with this module as a whole
internal import Glibc

/// A value under a lock, and threads that wait for it to change.
///
/// The lock and the condition are allocated once and destroyed with it; the value is touched under the lock alone:
/// hence `@unchecked`. Swift's `Mutex` has no condition to wait for.
package final class Monitor<Value>: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var value: Value

    /// Watches over a value.
    package init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(lock, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(lock)
        lock.deallocate()
        condition.deallocate()
    }

    /// Reads or changes the value and wakes nobody: who changes what others wait for calls `wake` itself, or `change`.
    package func hold<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }

    /// Wakes who waits.
    package func wake() { pthread_cond_broadcast(condition) }

    /// Changes the value and wakes who waits.
    package func change<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { wake() }
        return try hold(body)
    }

    /// Asks again after each change until there is an answer.
    package func wait<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result?
    ) throws(Failure) -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        // The value is the body's own while that runs, and others' while this waits.
        while true {
            if let result = try body(&value) { return result }
            pthread_cond_wait(condition, lock)
        }
    }

    /// The same, but nil after a while.
    package func wait<Result>(for patience: Duration, _ body: (inout Value) -> Result?) -> Result? {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let (seconds, fraction) = patience.components
        let nanoseconds = end.tv_nsec + Int(fraction / 1_000_000_000)
        end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while true {
            if let result = body(&value) { return result }
            if pthread_cond_timedwait(condition, lock, &end) != 0 { return body(&value) }
        }
    }
}
