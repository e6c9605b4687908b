// SPDX-License-Identifier: Apache-2.0
internal import TestKit
internal import Testing

@testable internal import Volumes

@Suite struct ChunkCutterTests {
    private static func lengths(_ bytes: [UInt8]) -> [Int] {
        bytes.withUnsafeBytes { all in
            var rest = all[...], lengths: [Int] = []
            while !rest.isEmpty {
                lengths.append(ChunkCutter.length(of: UnsafeRawBufferPointer(rebasing: rest)))
                rest = rest.dropFirst(lengths[lengths.count - 1])
            }
            return lengths
        }
    }

    private static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count / 8).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    private static func names(_ bytes: [UInt8]) throws -> [ContentName] {
        var rest = bytes[...]
        return try lengths(bytes).map { length in
            defer { rest = rest.dropFirst(length) }
            return try ContentName(of: Array(rest.prefix(length)))
        }
    }

    /// The table and the masks are part of the format: these are the cuts, in every version.
    @Test func `cuts are where they always were`() throws {
        let bytes = Self.bytes(12 << 20, seed: 1)
        let lengths = Self.lengths(bytes)
        let expected = [
            1_418_999, 1_622_939, 694_043, 1_546_648, 1_735_427, 1_124_035, 974_950, 1_570_769, 1_082_225,
            660_524, 152_353,
        ]
        #expect(lengths == expected)
        #expect(lengths.reduce(0, +) == bytes.count)
        #expect(lengths.dropLast().allSatisfy { (ChunkCutter.minimum...ChunkCutter.maximum).contains($0) })
    }

    @Test func `bytes that are put in move the cuts around them alone`() throws {
        var bytes = Self.bytes(12 << 20, seed: 2)
        let before = try Self.names(bytes)
        bytes.insert(contentsOf: [1, 2, 3], at: 5 << 20)
        let after = try Self.names(bytes)
        #expect(Set(before).subtracting(after).count <= 2, "\(before.count) chunks")
    }

    @Test func `what is all the same is cut at the maximum`() {
        #expect(Self.lengths([UInt8](repeating: 0, count: 9 << 20)) == [4 << 20, 4 << 20, 1 << 20])
        #expect(Self.lengths([1, 2, 3]) == [3])
    }
}
