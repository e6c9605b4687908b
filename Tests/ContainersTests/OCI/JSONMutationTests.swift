// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import TestKit
internal import Testing

/// Chance, repeatable by its seed: nothing but an error may come of any text.
@Suite struct JSONMutationTests {
    private static let pieces = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "0", "-", "1e", ".", "null",
        "true", "\u{0}", "é", " ",
        "{\"a\":", "18446744073709551616", "\"type\":", "-9223372036854775808",
    ].map { Array($0.utf8) }

    private static func mutate(_ text: [UInt8], _ chance: inout SeededGenerator) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...4, using: &chance) {
            guard !text.isEmpty else { break }
            let place = Int.random(in: 0..<text.count, using: &chance)
            switch Int.random(in: 0..<6, using: &chance) {
            case 0: text[place] = .random(in: 0...255, using: &chance)
            case 1: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
            case 2: text.remove(at: place)
            case 3: text.insert(contentsOf: pieces.randomElement(using: &chance) ?? [], at: place)
            case 4: text.removeLast(min(text.count, Int.random(in: 0..<40, using: &chance)))
            default:
                let end = min(text.count, place + Int.random(in: 0..<40, using: &chance))
                let other = Int.random(in: 0..<text.count, using: &chance)
                text.insert(contentsOf: text[place..<end], at: other)
            }
        }
        return text
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `a damaged text is read or refused`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let sample = try SampleConfig.json().bytes()
        var (read, refused) = (0, 0)
        for _ in 0..<400 {
            let text = Self.mutate(sample, &chance)
            let json: JSON
            do throws(JSON.SyntaxError) {
                json = try JSON(parsing: text)
            } catch {
                refused += 1
                #expect(error.line >= 1 && error.column >= 1)
                continue
            }
            read += 1
            #expect(try JSON(parsing: json.bytes()) == json)
            _ = try? SampleConfig.decode(json)
        }
        #expect(read > 20 && refused > 20)
    }

    @Test func `noise is refused`() {
        var chance = SeededGenerator(seed: 9)
        for _ in 0..<2000 {
            let length = Int.random(in: 0..<64, using: &chance)
            let text = (0..<length).flatMap { _ in
                Bool.random(using: &chance)
                    ? Self.pieces.randomElement(using: &chance) ?? []
                    : [UInt8.random(in: 0...255, using: &chance)]
            }
            _ = try? JSON(parsing: text)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `other values at any places are decoded or refused by name`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let sample = try SampleConfig.json()
        let paths = sample.places.map(\.path)
        for _ in 0..<300 {
            var json = sample
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                guard let path = paths.randomElement(using: &chance) else { break }
                json = json.replacing(path, with: Self.random(&chance, depth: 3))
            }
            do throws(ConfigError) {
                _ = try SampleConfig.decode(json)
            } catch {
                #expect(error.description.hasPrefix("config.json: ") && error.place != .member(""))
            }
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `what is written is read again`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let value = Self.random(&chance, depth: 5)
            #expect(try JSON(parsing: value.bytes()) == value)
            #expect(try JSON(parsing: value.bytes(.indented(by: "\t"))) == value)
        }
    }

    private static func random(_ chance: inout SeededGenerator, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &chance) {
        case 0: return .null
        case 1: return .bool(.random(using: &chance))
        case 2: return JSON(Int64.random(in: .min ... .max, using: &chance))
        case 3: return JSON(UInt64.random(in: .min ... .max, using: &chance))
        case 4: return JSON(Int.random(in: -2...10, using: &chance))
        case 5: return .number(.real(Double.random(in: -1e9...1e9, using: &chance)))
        case 6:
            let scalars = (0..<Int.random(in: 0..<20, using: &chance)).compactMap { _ in
                Unicode.Scalar(
                    Bool.random(using: &chance)
                        ? UInt32.random(in: 0...0x7f, using: &chance)
                        : .random(in: 0...0x10ffff, using: &chance)
                )
            }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 7:
            return .array(
                (0..<Int.random(in: 0..<4, using: &chance)).map { _ in random(&chance, depth: depth - 1) }
            )
        default:
            return .object(
                (0..<Int.random(in: 0..<4, using: &chance)).map {
                    .init("k\($0)\n", random(&chance, depth: depth - 1))
                }
            )
        }
    }
}
