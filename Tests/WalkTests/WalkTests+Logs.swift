// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit
internal import Testing

extension WalkTests {
    @Test func `three kills of the foreground lose and repeat no line of a busy container`() async throws {
        try await withWalk { walk in
            try await walk.importBusybox()
            // About 25,000 lines a second, by 500, for as long as the marker file is not there.
            let script =
                "i=1; while [ ! -e /control/stop ]; do seq $$i $$((i+499)); i=$$((i+500)); usleep 15000; done; echo end $$i; sleep 1000"
            try Shell.run("mkdir -m 755 \(walk.folder)/control")
            let text = """
                name: busy
                x-martlet: { format: 1 }
                services:
                  writer:
                    image: busybox:walk
                    command: [sh, -c, "\(script)"]
                    volumes: ["\(walk.folder)/control:/control:ro"]
                    stop_grace_period: 0s
                """
            var run = try await walk.up(text, quiet: true)
            let pids = try await walk.pids()
            let begin = ContinuousClock.now
            for _ in 0..<3 {
                try await Task.sleep(for: .milliseconds(1_500))
                run.kill()
                try await Task.sleep(for: .milliseconds(200))  // some lines wait in the pipe
                run = try await walk.up(text, quiet: true)
                #expect(try await walk.pids() == pids)
            }
            try Shell.run("touch \(walk.folder)/control/stop")
            let deadline = ContinuousClock.now + ForegroundRun.patience
            while try await !walk.logs("--tail", "1", "busy").output.contains("| end ") {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(50))
            }
            let time = ContinuousClock.now - begin
            run.interrupt()
            #expect(try await run.exit() == 0)

            let lines = try await walk.lines("busy/writer")
            let end = try #require(lines.last)
            let count = try #require(Int(end.dropFirst(4))) - 1
            #expect(lines.count == count + 1)
            let wrong = zip(lines, 1...).first { $0.0 != "\($0.1)" && $0.0 != end }
            #expect(wrong == nil, "\(String(describing: wrong))")
            print("busy container: \(count) lines in \(time), three kills, each line once and in order")
        }
    }
}
