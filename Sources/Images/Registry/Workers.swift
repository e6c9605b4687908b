// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Blocking work on several things at a time, each on a thread of its own.
enum Workers {
    private struct State<Output> {
        var next = 0
        var running = 0
        var outputs: [Output] = []
        var failure: ImageError?
    }

    /// Runs `body` for each item, `width` at a time, and gives what came of them, in no order.
    ///
    /// After a failure no further one begins, and `fail` is called once, so that the others may end early.
    static func run<Item: Sendable, Output: Sendable>(
        _ items: [Item],
        width: Int,
        fail: @escaping @Sendable () -> Void,
        _ body: @escaping @Sendable (Item) throws(ImageError) -> Output
    ) throws(ImageError) -> [Output] {
        let state = Monitor(State<Output>())
        @Sendable func work() {
            while true {
                let item = state.change { state -> Item? in
                    guard state.failure == nil, state.next < items.count else {
                        state.running -= 1
                        return nil
                    }
                    defer { state.next += 1 }
                    return items[state.next]
                }
                guard let item else { return }
                do throws(ImageError) {
                    let output = try body(item)
                    state.change { $0.outputs.append(output) }
                } catch {
                    let isFirst = state.change { state in
                        defer { state.failure = state.failure ?? error }
                        return state.failure == nil
                    }
                    if isFirst { fail() }
                }
            }
        }
        for _ in 0..<min(max(width, 1), items.count) {
            state.change { $0.running += 1 }
            do throws(LinuxError) {
                try Thread.detach { work() }
            } catch {
                state.change { state in
                    state.running -= 1
                    state.failure = state.failure ?? ImageError("start", "thread", .system(error))
                }
            }
        }
        let result: Result<[Output], ImageError> = state.wait { state in
            guard state.running == 0 else { return nil }
            return state.failure.map { .failure($0) } ?? .success(state.outputs)
        }
        return try result.get()
    }
}
