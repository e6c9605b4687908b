// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Control

@Suite struct SplitterTests {
    private static func lines(_ pieces: [String], limit: Int = 64) throws -> [String] {
        var splitter = LineSplitter(limit: limit)
        var found: [String] = []
        for piece in pieces {
            splitter.append(Array(piece.utf8))
            while let line = try splitter.next() { found.append(String(decoding: line, as: UTF8.self)) }
        }
        if let rest = try splitter.rest() { found.append(String(decoding: rest, as: UTF8.self)) }
        return found
    }

    @Test(
        arguments: [
            ([], []),
            (["a\nb\n"], ["a", "b"]),
            (["a", "\n", "b"], ["a", "b"]),
            (["\n\na\n\n\nb\n\n"], ["a", "b"]),
            (["a\nb", "c\nd", "e"], ["a", "bc", "de"]),
            (["\r\n"], ["\r"]),
            (["ü\n✓", "\n"], ["ü", "✓"]),
        ] as [([String], [String])]
    )
    func `lines are found however the bytes arrive`(_ pieces: [String], _ expected: [String]) throws {
        #expect(try Self.lines(pieces) == expected)
        #expect(try Self.lines(pieces.joined().map(String.init)) == expected, "byte by byte")
    }

    @Test(arguments: [1, 2, 3, 5, 8, 64])
    func `whole lines come together, as many as are there`(_ size: Int) throws {
        let bytes = Array("a\n\nlonger\nü\n\nwithout an end".utf8)
        var splitter = LineSplitter(limit: 64), found: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            splitter.append(Array(bytes[start..<min(start + size, bytes.count)]))
            guard let lines = try splitter.lines() else { continue }
            #expect(lines.last == UInt8(ascii: "\n"))
            found += lines
            #expect(try splitter.lines() == nil)
        }
        #expect(found + (try splitter.rest() ?? []) == bytes)
        splitter.append(Array(repeating: 0x78, count: 64))
        #expect(try splitter.lines() == nil)
        splitter.append([0x78])
        #expect(throws: ControlError.self) { try splitter.lines() }
    }

    @Test func `a line at the limit is taken and a longer one refused, with and without its end`() throws {
        let line = String(repeating: "x", count: 64)
        #expect(try Self.lines([line + "\n"]) == [line])
        #expect(throws: ControlError.self) { try Self.lines([line + "x\n"]) }
        #expect(throws: ControlError.self) { try Self.lines(Array(repeating: "x", count: 65)) }
    }

    @Test(arguments: [(1, 10), (2, 10), (3, 10), (7, 1000), (65_536, ExecFrame.maximumPayload)])
    func `frames are found however the bytes arrive`(_ size: Int, _ payload: Int) throws {
        let frames = [
            ExecFrame(.stdout, Array("out".utf8)), ExecFrame(.stderr, []),
            ExecFrame(.stdout, Array(repeating: 7, count: payload)), .exit(137),
        ]
        let bytes = frames.flatMap(\.encoded)
        var splitter = FrameSplitter()
        var found: [ExecFrame] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            splitter.append(Array(bytes[start..<min(start + size, bytes.count)]))
            while let frame = try splitter.next() { found.append(frame) }
        }
        #expect(found == frames && splitter.isEmpty && found.last?.status == 137)
    }

    @Test(
        arguments: [[9, 0, 0, 0, 1], [0, 0, 0, 0, 0], [1, 0, 16, 0, 1], [1, 255, 255, 255, 255]] as [[UInt8]]
    )
    func `a frame that is unknown or too long is refused at its head`(_ head: [UInt8]) {
        var splitter = FrameSplitter()
        splitter.append(head)
        #expect(throws: ControlError.self) { try splitter.next() }
    }

    @Test(
        arguments: [
            (ControlRequest(.get, "status"), "/v1/status"),
            (ControlRequest(.get, "logs", query: ["app": "a", "tail": nil]), "/v1/logs?app=a"),
            (ControlRequest(.put, "apps", "../x?y#z"), "/v1/apps/..%2Fx%3Fy%23z"),
            (ControlRequest(.put, "apps", ".."), "/v1/apps/%2E%2E"),
            (
                ControlRequest(.post, "exec", query: ["env": "A=b c&d\r\n✓"]),
                "/v1/exec?env=A%3Db%20c%26d%0D%0A%E2%9C%93"
            ),
        ]
    )
    func `whatever is in a name stays in its place of the target`(_ request: ControlRequest, _ target: String)
    {
        #expect(request.target == target)
    }
}
