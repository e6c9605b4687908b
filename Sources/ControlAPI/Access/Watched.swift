// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Synchronization

/// What some files say, read again when one of them has changed.
final class Watched<Value: Sendable>: Sendable {
    /// What tells one state of a file from another; nil if it is not there.
    private struct Mark: Equatable {
        let status: FileStatus
        let changed: Int64
        let changedNanoseconds: Int

        init?(_ path: String) {
            guard let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK), let found = try? file.status()
            else {
                return nil
            }
            (status, changed, changedNanoseconds) = (found, found.changed, found.changedNanoseconds)
        }
    }

    private let paths: [String]
    private let read: @Sendable () throws -> Value
    private let state = Mutex<(value: Value?, marks: [Mark?])>((nil, []))

    init(_ paths: [String], read: @escaping @Sendable () throws -> Value) {
        self.paths = paths
        self.read = read
    }

    /// What they said last; nil if they never could be used, or were let go.
    var value: Value? { state.withLock(\.value) }

    /// Looks whether they have changed; blocks.
    ///
    /// - Parameter isLenient: Whether what they said before holds still if they cannot be used now.
    /// - Returns: Whether they were read.
    /// - Throws: Why they cannot be used, once for each change.
    func refresh(isLenient: Bool) throws -> Bool {
        // Before they are read: what changes meanwhile is seen the next time.
        let marks = paths.map(Mark.init)
        guard state.withLock({ $0.marks != marks }) else { return false }
        do {
            let value = try read()
            state.withLock { $0 = (value, marks) }
        } catch {
            state.withLock { $0 = (isLenient ? $0.value : nil, marks) }
            throw error
        }
        return true
    }

    /// Looks every second until it is cancelled.
    func follow(isLenient: Bool, failed: @escaping @Sendable (any Error) -> Void) async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {  // cancelled: nobody asks any more
            do { _ = try await Thread.run { try self.refresh(isLenient: isLenient) } } catch { failed(error) }
        }
    }
}
