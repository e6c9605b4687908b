// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Control

@Suite struct AnswerParserTests {
    private static let ok = "HTTP/1.1 200 OK\r\n"

    /// The pieces of what arrives in parts of this size and then ends, bodies joined.
    private static func pieces(_ text: String, _ size: Int) throws(AnswerParser.Fault) -> [AnswerParser.Piece]
    {
        var parser = AnswerParser()
        var found: [AnswerParser.Piece] = []
        var rest = Array(text.utf8)[...]
        while true {
            switch try parser.next() {
            case .end?: return found + [.end]
            case .body(let more)?:
                if case .body(let bytes)? = found.last {
                    found[found.count - 1] = .body(bytes + more)
                } else {
                    found.append(.body(more))
                }
            case let piece?: found.append(piece)
            case nil:
                if rest.isEmpty { try parser.close() } else { parser.append(Array(rest.prefix(size))) }
                rest = rest.dropFirst(size)
            }
        }
    }

    @Test(
        arguments: [
            ("\(ok)Content-Length: 3\r\n\r\nabc", 200, "abc"),
            ("\(ok)content-length:\t3 \r\n\r\nabcdef", 200, "abc"),
            ("\(ok)Content-Length: 0\r\n\r\n", 200, ""),
            ("\(ok)\r\nabc", 200, "abc"),
            ("\(ok)\r\n", 200, ""),
            ("HTTP/1.0 404\r\n\r\n", 404, ""),
            ("HTTP/1.1 204 No Content\r\n\r\nabc", 204, ""),
            ("HTTP/1.1 304 X\r\nContent-Length: 3\r\n\r\n", 304, ""),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nA: b\r\n\r\n\(ok)Content-Length: 1\r\n\r\na",
                200, "a"
            ),
            (
                "\(ok)Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0A;x=\"y\"\r\n0123456789\r\n0\r\n\r\n", 200,
                "a0123456789"
            ),
            ("\(ok)Transfer-Encoding: Chunked\r\n\r\n2\r\n\r\n\r\n0\r\nTrailer: x\r\n\r\n", 200, "\r\n"),
        ]
    )
    func `an answer is read however its bytes arrive`(_ text: String, _ status: Int, _ body: String) throws {
        var expected: [AnswerParser.Piece] = [.head(status)]
        if !body.isEmpty { expected.append(.body(Array(body.utf8))) }
        for size in [1, 2, 7, 1_000] {
            #expect(try Self.pieces(text, size) == expected + [.end], "\(size) at a time")
        }
    }

    @Test(
        arguments: [
            "HTTP/2 200\r\n\r\n", "HTTP/1.2 200 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 600 X\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
            "http/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\n\n", "\r\n\(ok)\r\n",
            "\(ok)Content-Length: 1\r\nContent-Length: 1\r\n\r\na", "\(ok)Content-Length: 1, 1\r\n\r\na",
            "\(ok)Content-Length: +1\r\n\r\na", "\(ok)Content-Length: -1\r\n\r\n",
            "\(ok)Content-Length:\r\n\r\n",
            "\(ok)Content-Length: 9999999999999999\r\n\r\n",
            "\(ok)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
            "\(ok)Transfer-Encoding: gzip, chunked\r\n\r\n", "\(ok)Transfer-Encoding: identity\r\n\r\n",
            "\(ok)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "\(ok)A b: c\r\n\r\n", "\(ok)A : c\r\n\r\n", "\(ok): c\r\n\r\n", "\(ok)A: b\r\n c\r\n\r\n",
            "\(ok)A\r\n\r\n",
            "\(ok)A: \u{0}\r\n\r\n", "\(ok)A: b\rc\r\n\r\n",
            "\(ok)Transfer-Encoding: chunked\r\n\r\n\r\n",
            "\(ok)Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
            "\(ok)Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n",
            "\(ok)Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "\(ok)Transfer-Encoding: chunked\r\n\r\n1000000000000000\r\n",
            "\(ok)Transfer-Encoding: chunked\r\n\r\n0\r\nA b: c\r\n\r\n",
            "HTTP/1.1 100 X\r\nContent-Length: 1\r\n\r\na\(ok)\r\n",
            "\(ok)\(String(repeating: "A: b\r\n", count: 65))\r\n",
            "\(ok)A: \(String(repeating: "x", count: 17_000))\r\n\r\n",
            "\(ok)Transfer-Encoding: chunked\r\n\r\n1;\(String(repeating: "x", count: 17_000))\r\na\r\n",
        ]
    )
    func `what could be read in two ways is none`(_ text: String) {
        for size in [1, 1_000_000] {
            #expect { try Self.pieces(text, size) } throws: { error in
                if case .malformed? = error as? AnswerParser.Fault { true } else { false }
            }
        }
    }

    @Test func `what ends too early is told from what is malformed`() {
        let answers = [
            "\(Self.ok)Content-Length: 3\r\n\r\nabc",
            "\(Self.ok)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: x\r\n\r\n",
        ]
        for answer in answers {
            for length in 0..<answer.utf8.count {
                #expect(throws: AnswerParser.Fault.cut, "\(length) bytes") {
                    try Self.pieces(String(answer.utf8.prefix(length)) ?? "", 1_000)
                }
            }
        }
    }
}
