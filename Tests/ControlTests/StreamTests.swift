// SPDX-License-Identifier: Apache-2.0
internal import Synchronization
internal import TestKit
internal import Testing

@testable internal import Control

@Suite struct StreamTests {
    private static func event(_ number: Int, _ reason: String = "") -> String {
        #"{"time":"t","kind":"step","instance":\#(number),"reason":"\#(reason)"}"#
    }

    private func numbers(_ agent: FakeAgent) async throws -> [Int?] {
        let lines: ControlLines<EventRecord> = try await ControlClient(
            runtime: agent.runtime,
            deadline: .milliseconds(300)
        ).lines(ControlRequest(.get, "events"))
        var numbers: [Int?] = []
        for try await line in lines { numbers.append(line.instance) }
        return numbers
    }

    @Test func `values come one a line however the bytes arrive`() async throws {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk(Self.event(1) + "\n" + Self.event(2) + "\n\n" + Self.event(3).prefix(10))
            try exchange.chunk(String(Self.event(3).dropFirst(10)) + "\n")
            for byte in (Self.event(4) + "\n").utf8 { try exchange.chunk([byte]) }
            try exchange.chunk(Self.event(5))
            try exchange.finish()
        }) { agent in
            let numbers = try await numbers(agent)
            #expect(numbers == [1, 2, 3, 4, 5])
        }
    }

    @Test func `a stream may be silent for longer than an answer may take`() async throws {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk(Self.event(1) + "\n")
            try Shell.run("sleep 0.6")
            try exchange.chunk(Self.event(2) + "\n")
            try exchange.finish()
        }) { agent in
            let numbers = try await numbers(agent)
            #expect(numbers == [1, 2])
        }
    }

    @Test func `a line is given as soon as it is whole`() async throws {
        let heard = Mutex(false)
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk(Self.event(1) + "\n")
            while !heard.withLock({ $0 }) { try Shell.run("sleep 0.01") }
            try exchange.finish()
        }) { agent in
            let lines: ControlLines<EventRecord> = try await ControlClient(runtime: agent.runtime).lines(
                ControlRequest(.get, "events")
            )
            for try await _ in lines { heard.withLock { $0 = true } }
            #expect(heard.withLock { $0 })
        }
    }

    @Test(arguments: ["{", "abc\n", "[]\n", #"{"time":1}"# + "\n"])
    func `a line that is no value ends the stream with a reason`(_ line: String) async throws {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk(line)
            try exchange.finish()
        }) { agent in
            await #expect(throws: ControlError.self) { try await numbers(agent) }
        }
    }

    @Test func `a stream that is cut off is not taken for its end`() async throws {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk(Self.event(1) + "\n")
        }) { agent in
            await #expect(throws: ControlError.self) { try await numbers(agent) }
        }
    }

    @Test func `a line of 2 MiB is taken and one without end refused`() async throws {
        let room = ControlAnswer.lineLimit - Self.event(1).utf8.count
        let line = Self.event(1, String(repeating: "x", count: room))
        #expect(line.utf8.count == ControlAnswer.lineLimit)
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk(line + "\n")
            try exchange.finish()
        }) { agent in
            let numbers = try await numbers(agent)
            #expect(numbers == [1])
        }
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            while true { try exchange.chunk([UInt8](repeating: UInt8(ascii: "x"), count: 65_536)) }
        }) { agent in
            await #expect(throws: ControlError.self) { try await numbers(agent) }
        }
    }

    @Test func `an agent that sends faster than it is read is held back`() async throws {
        let written = Mutex(0)
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            let line = Array((Self.event(1, String(repeating: "x", count: 60_000)) + "\n").utf8)
            while true {
                try exchange.chunk(line)
                written.withLock { $0 += line.count }
            }
        }) { agent in
            let lines: ControlLines<EventRecord> = try await ControlClient(runtime: agent.runtime).lines(
                ControlRequest(.get, "events")
            )
            for try await _ in lines {
                try await Task.sleep(for: .milliseconds(300))
                break
            }
            #expect(written.withLock { $0 } < 4 << 20)
        }
    }

    @Test func `an exec carries input and output at the same time`() async throws {
        try await withFakeAgent(
            readsBody: false,
            answer: { exchange in
                try exchange.begin()
                while let chunk = try exchange.readChunk() {
                    try exchange.chunk(ExecFrame(.stdout, chunk.reversed()).encoded)
                }
                try exchange.chunk(ExecFrame.exit(3).encoded)
                try exchange.finish()
            }
        ) { agent in
            let exec = try await ControlClient(runtime: agent.runtime).exec(
                ControlRequest(.post, "exec", query: ["app": "a", "stdin": "1"]),
                hasInput: true
            )
            var frames = try await exec.frames()
            for word in ["abc", "xyz"] {
                try await exec.send(Array(word.utf8))
                let echo = try await frames.next()
                #expect(echo == ExecFrame(.stdout, word.utf8.reversed()))
            }
            try await exec.endInput()
            let last = try await frames.next()
            let end = try await frames.next()
            #expect(last?.status == 3 && end == nil)
            #expect(agent.requests == ["POST /v1/exec?app=a&stdin=1 HTTP/1.1"])
        }
    }

    @Test func `eight MiB go through an exec both ways`() async throws {
        try await withFakeAgent(
            readsBody: false,
            answer: { exchange in
                try exchange.begin()
                while let chunk = try exchange.readChunk() {
                    try exchange.chunk(ExecFrame(.stdout, chunk).encoded)
                }
                try exchange.chunk(ExecFrame.exit(0).encoded)
                try exchange.finish()
            }
        ) { agent in
            let exec = try await ControlClient(runtime: agent.runtime).exec(
                ControlRequest(.post, "exec"),
                hasInput: true
            )
            let input = (0..<128).map { number in [UInt8](repeating: UInt8(number), count: 65_536) }
            let sender = Task {
                for piece in input { try await exec.send(piece) }
                try await exec.endInput()
            }
            var output: [UInt8] = []
            var status: Int32?
            var frames = try await exec.frames()
            while let frame = try await frames.next() {
                if frame.kind == .stdout { output += frame.payload } else { status = frame.status }
            }
            try await sender.value
            #expect(output == input.flatMap(\.self) && status == 0)
        }
    }

    @Test func `an exec that is cut off within a frame fails`() async throws {
        try await withFakeAgent(answer: { exchange in
            try exchange.begin()
            try exchange.chunk([1, 0, 0, 0, 5, 65])
            try exchange.finish()
        }) { agent in
            let exec = try await ControlClient(runtime: agent.runtime).exec(
                ControlRequest(.post, "exec"),
                hasInput: false
            )
            var frames = try await exec.frames()
            let error = await #expect(throws: ControlError.self) { _ = try await frames.next() }
            #expect(error?.what == "its answer ends within a frame")
        }
    }
}
