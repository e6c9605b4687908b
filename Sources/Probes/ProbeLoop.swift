// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// The thread that waits for all containers that are asked something.
struct ProbeLoop {
    private let queue: ProbeQueue
    private var exchanges: [Exchange] = []

    init(_ queue: ProbeQueue) { self.queue = queue }

    /// Waits once and goes on with what is ready; whether there is more to come.
    mutating func turn() -> Bool {
        var entries = [pollfd(fd: queue.wake.number, events: Int16(POLLIN), revents: 0)]
        var numbers: [UInt64] = []
        for exchange in exchanges {
            guard let interest = exchange.interest else { continue }
            entries.append(pollfd(fd: interest.socket, events: Int16(interest.events), revents: 0))
            numbers.append(exchange.number)
        }
        guard poll(&entries, nfds_t(entries.count), timeout()) >= 0 else { return true }
        let ready = Set(zip(numbers, entries.dropFirst()).filter { $1.revents != 0 }.map { $0.0 })
        for index in exchanges.indices where ready.contains(exchanges[index].number) {
            if let answer = exchanges[index].proceed() { exchanges[index].reply(answer, over: &answered) }
        }
        if entries[0].revents != 0, !receive() { return false }
        let now = ContinuousClock.now
        for exchange in exchanges where exchange.deadline <= now && !answered.contains(exchange.number) {
            exchange.reply(exchange.timeout, over: &answered)
        }
        exchanges.removeAll { answered.contains($0.number) }
        answered = []
        return true
    }

    private var answered: Set<UInt64> = []

    private mutating func receive() -> Bool {
        let mail = queue.take()
        exchanges += mail.questions
        for opening in mail.openings {
            // It may have been given up meanwhile.
            guard let index = exchanges.firstIndex(where: { $0.number == opening.number }) else { continue }
            switch opening.result {
            case .success(let approaches):
                if let answer = exchanges[index].begin(approaches) {
                    exchanges[index].reply(answer, over: &answered)
                }
            case .failure(let error): exchanges[index].reply(.failure("\(error)"), over: &answered)
            }
        }
        guard mail.isOver else { return true }
        for exchange in exchanges where !answered.contains(exchange.number) {
            exchange.reply(.failure("the agent ends"))
        }
        return false
    }

    private func timeout() -> Int32 {
        guard let soonest = exchanges.map(\.deadline).min() else { return -1 }
        let left = ContinuousClock.now.duration(to: soonest) / Duration.milliseconds(1)
        return Int32(max(0, min(left, 60_000))) + 1
    }
}

extension Exchange {
    fileprivate func reply(_ answer: ProbeAnswer, over answered: inout Set<UInt64>) {
        if answered.insert(number).inserted { reply(answer) }
    }
}
