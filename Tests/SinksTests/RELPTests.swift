// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Sinks

/// RELP as far as it needs no receiver.
@Suite struct RELPTests {
    @Test func `numbers start again behind the largest, and every answer finds its message`() {
        var window = RELPWindow(next: RELPWindow.largestNumber - 1)
        window.begin()
        let numbers = (0..<4).map { window.message($0) }
        #expect(numbers == [999_999_998, 999_999_999, 1, 2])
        #expect(window.open == 4)
        #expect(!window.isOldestAnswered)
        for number in [1, 999_999_999, 2] as [UInt64] {
            let isKnown = window.answer(number, isRefusal: number == 2)
            #expect(isKnown)
        }
        // Twice, never sent, and not yet sent.
        for number in [1, 0, 3, 999_999_997] as [UInt64] {
            let isKnown = window.answer(number, isRefusal: false)
            #expect(!isKnown)
        }
        let isKnown = window.answer(999_999_998, isRefusal: false)
        #expect(isKnown && window.isOldestAnswered && window.open == 0)
        let refused = window.confirm()
        #expect(refused == 1)
    }

    @Test func `what was answered before a connection broke is not sent again`() {
        var window = RELPWindow()
        window.begin()
        for index in 0..<4 { _ = window.message(index) }
        for number in [1, 3] as [UInt64] { _ = window.answer(number, isRefusal: number == 3) }
        // It broke after four of six.
        let known = window.batches
        #expect(known == [.init(isAnswered: [true, false, true, false], refused: 1)])
        var next = RELPWindow()
        next.begin(known[0])
        #expect((0..<6).map { next.message($0) } == [nil, 1, nil, 2, 3, 4])
        for number in 1...4 as ClosedRange<UInt64> {
            #expect(!next.isOldestAnswered)
            let isKnown = next.answer(number, isRefusal: false)
            #expect(isKnown)
        }
        let (isAnswered, refused) = (next.isOldestAnswered, next.confirm())
        #expect(isAnswered && refused == 1)
    }

    @Test func `answers come in any pieces`() throws {
        let bytes = Array("1 rsp 6 200 OK\n0 serverclose 0\n0 serverclose 0 \n12 rsp 12 500 no\nspace\n".utf8)
        for size in [1, 2, 5, bytes.count] {
            var answers = RELPAnswers(), frames: [RELPAnswers.Frame] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                answers.append(Array(bytes[start..<min(start + size, bytes.count)]))
                while let frame = try answers.next() { frames.append(frame) }
            }
            #expect(frames.map(\.command) == ["rsp", "serverclose", "serverclose", "rsp"])
            #expect(frames.map(\.number) == [1, 0, 0, 12])
            #expect(frames[0].code == 200 && frames[0].text == "OK")
            #expect(frames[3].code == 500 && frames[3].text == "no space")
        }
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\n", "1234567890 rsp 0\n", "1 rsp 9999999 x", "1 rsp x\n", "1 RSP 0\n",
        "1 rsp 3 200x", " rsp 0\n", "1  0\n", "\n", "1 rsp -1\n",
    ])
    func `what is no frame is refused`(text: String) {
        var answers = RELPAnswers()
        answers.append(Array(text.utf8))
        var isRefused = false
        do throws(RELPAnswers.Malformed) { while try answers.next() != nil {} } catch { isRefused = true }
        #expect(isRefused)
    }
}
