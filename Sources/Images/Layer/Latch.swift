// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A value that one thread sets once and others wait for.
///
/// `@unchecked`: `value` is touched under `mutex` alone. Swift's `Mutex` has no condition to wait for.
final class Latch<Value: Sendable>: @unchecked Sendable {
    private var value: Value?
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Sets the value; the first one stays.
    func set(_ value: Value) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if self.value == nil { self.value = value }
        pthread_cond_broadcast(changed)
    }

    /// Blocks until there is a value.
    func wait() -> Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let value { return value }
            pthread_cond_wait(changed, mutex)
        }
    }
}
