// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Testing

@testable internal import Logs

/// Files of cursors with damage at random: a reader goes on where it was, or where it was before, and nowhere else.
@Suite(.timeLimit(.minutes(5))) struct CursorDamageTests {
    private static let cases = getenv("MARTLET_SOAK") == nil ? 2_000 : 100_000

    private static func cursor(_ dice: inout Dice) -> LogCursor {
        func place() -> LogCursor.Place {
            var omitted: Omissions?
            if Bool.random(using: &dice) {
                omitted = Omissions()
                omitted?.sampled = LineCount(lines: dice.next(), bytes: dice.next())
            }
            return .init(
                next: dice.next(),
                passed: LineCount(lines: dice.next(), bytes: dice.next()),
                omitted: omitted
            )
        }
        return LogCursor(places: PerStream(stdout: place(), stderr: place()))
    }

    @Test func `damage takes the place that it hits, and invents none`() throws {
        var dice = Dice(state: 41)
        let folder = try ScratchFolder(), path = "\(folder.path)/far.cursor"
        for round in 0..<Self.cases {
            var file = try LogCursorFile(folder.path, reader: "far")
            let cursors = (0..<Int.random(in: 1...4, using: &dice)).map { _ in Self.cursor(&dice) }
            for cursor in cursors { try file.write(cursor) }
            var bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 10)
            var touched: Set<Int> = []
            if Int.random(in: 0..<3, using: &dice) == 0 {
                let end = Int.random(in: 0..<bytes.count, using: &dice)
                touched.formUnion(end / 256...1)
                bytes.removeSubrange(end...)
            } else {
                for _ in 0..<Int.random(in: 1...4, using: &dice) {
                    let index = Int.random(in: 0..<bytes.count, using: &dice)
                    bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &dice)
                    touched.insert(index / 256)
                }
            }
            try store(bytes, in: path)
            let found = try LogCursorFile(folder.path, reader: "far").cursor
            // The last one is in the slot of its number, the one before in the other.
            let last = cursors.count % 2
            if !touched.contains(last) {
                #expect(found == cursors.last, "round \(round)")
            } else if !touched.contains(1 - last), cursors.count > 1 {
                #expect(found == cursors.last || found == cursors[cursors.count - 2], "round \(round)")
            } else {
                #expect(found.map { cursors.suffix(2).contains($0) } ?? true, "round \(round)")
            }
            unlink(path)
        }
    }
}
