// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux
internal import Synchronization

/// What those who ask leave for the thread that waits.
final class ProbeQueue: Sendable {
    /// Look-ups in one container that have not ended; more would all hang at the same file system.
    private static let openingsPerPlace = 4

    struct Mail {
        var questions: [Exchange] = []
        var openings: [(number: UInt64, result: Result<[Approach], LinuxError>)] = []
        var isOver = false
    }

    private struct State {
        var mail = Mail()
        var next: UInt64 = 0
        var openings: [Int32: Int] = [:]
    }

    /// Is readable when there is something to take.
    let wake: Descriptor
    private let state = Mutex(State())

    init() throws(LinuxError) {
        wake = Descriptor(owning: try check("eventfd", "", martlet_eventfd()))
    }

    /// What has come since it was asked last.
    func take() -> Mail {
        var count: UInt64 = 0
        _ = Glibc.read(wake.number, &count, 8)  // fails when nothing is there
        return state.withLock { state in
            let mail = state.mail
            state.mail = Mail(isOver: mail.isOver)
            return mail
        }
    }

    func stop() { change { $0.mail.isOver = true } }

    /// Leaves a question, and opens its sockets on a thread of their own: in the container's network, or by its
    /// files, which may hang.
    func ask(
        _ question: Question,
        of place: Place,
        deadline: ContinuousClock.Instant,
        reply: @escaping @Sendable (ProbeAnswer) -> Void
    ) {
        let key = place.key
        let number: UInt64? = change { state in
            guard !state.mail.isOver, state.openings[key, default: 0] < Self.openingsPerPlace else {
                return nil
            }
            state.openings[key, default: 0] += 1
            state.next += 1
            state.mail.questions.append(Exchange(state.next, question, deadline: deadline, reply: reply))
            return state.next
        }
        guard let number else { return reply(.failure("earlier look-ups of its socket have not ended")) }
        do throws(LinuxError) {
            try Thread.detach {
                let result: Result<[Approach], LinuxError>
                do throws(LinuxError) {
                    result = .success(try place.approaches(to: question))
                } catch {
                    result = .failure(error)
                }
                self.opened(number, key, result)
            }
        } catch {
            opened(number, key, .failure(error))
        }
    }

    private func opened(_ number: UInt64, _ key: Int32, _ result: Result<[Approach], LinuxError>) {
        change { state in
            let left = state.openings[key, default: 1] - 1
            state.openings[key] = left > 0 ? left : nil
            state.mail.openings.append((number, result))
        }
    }

    @discardableResult
    private func change<Value: Sendable>(_ body: (inout sending State) -> Value) -> Value {
        let value = state.withLock { body(&$0) }
        var one: UInt64 = 1
        _ = Glibc.write(wake.number, &one, 8)
        return value
    }
}
