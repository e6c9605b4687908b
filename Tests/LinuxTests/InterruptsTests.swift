// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@Suite struct InterruptsTests {
    @Test func `signals are told one by one, and a cancelled wait takes none along`() async throws {
        let interrupts = try Interrupts()
        let cancelled = Task { await interrupts.next() }
        cancelled.cancel()
        #expect(await cancelled.value == nil)
        kill(getpid(), SIGHUP)
        #expect(await interrupts.next() == SIGHUP)
        let waiting = Task { await interrupts.next() }
        kill(getpid(), SIGTERM)
        #expect(await waiting.value == SIGTERM)
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
        signal(SIGHUP, SIG_DFL)
    }
}
