// SPDX-License-Identifier: Apache-2.0
internal import Linux
public import Transfer

/// Things that are done several at once, on threads of their own.
package enum Together {
    private struct Work<Item, Failure> {
        var left: ArraySlice<Item>
        var workers = 0
        var failure: Failure?
    }

    /// Does something with each of some items; after a failure none is begun, and those that were are waited for.
    ///
    /// Throws the first failure. It blocks, and does its share itself.
    package static func each<Item: Sendable, Failure: Error>(
        _ items: [Item],
        most: Int,
        _ body: @escaping @Sendable (Item) throws(Failure) -> Void
    ) throws(Failure) {
        let work = Monitor(Work<Item, Failure>(left: items[...]))
        let run: @Sendable () -> Void = {
            while let item = work.hold({ $0.failure == nil ? $0.left.popFirst() : nil }) {
                do throws(Failure) { try body(item) } catch {
                    work.hold { $0.failure = $0.failure ?? error }
                }
            }
        }
        for _ in 1..<max(1, min(most, items.count)) {
            work.hold { $0.workers += 1 }
            do throws(LinuxError) {
                try Thread.detach {
                    run()
                    work.change { $0.workers -= 1 }
                }
            } catch {
                work.hold { $0.workers -= 1 }  // then fewer do
                break
            }
        }
        run()
        let failure: Failure? = work.wait { work in work.workers == 0 ? .some(work.failure) : nil }
        if let failure { throw failure }
    }
}

extension ObjectStore {
    /// Takes objects away one by one, several at once.
    public func delete(_ keys: [ObjectKey], in scope: TransferScope) throws(ObjectError) {
        try Together.each(keys, most: 8) { key throws(ObjectError) in try delete(key, in: scope) }
    }
}
