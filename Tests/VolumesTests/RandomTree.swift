// SPDX-License-Identifier: Apache-2.0
internal import TestKit

@testable internal import Volumes

/// Trees that nobody would have: every kind of entry with every kind of attribute.
struct RandomTree {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: range, using: &random)).map { _ in .random(in: 0...255, using: &random) }
    }

    mutating func name() throws -> ContentName { try ContentName(of: bytes(8...8)) }

    mutating func chunk(_ size: Int? = nil) throws -> ChunkReference {
        let size = size ?? .random(in: 1...ChunkReference.maximumSize, using: &random)
        return try ChunkReference(
            name: name(),
            pack: PackName(using: &random),
            offset: .random(in: 0...PackIndex.maximumSize - size, using: &random),
            stored: .random(in: 1...size, using: &random),
            size: size
        )
    }

    mutating func content() throws -> FileContent {
        var pieces: [FileContent.Piece] = []
        for _ in 0..<Int.random(in: 0...5, using: &random) {
            if Bool.random(using: &random) {
                let chunk = try chunk()
                pieces.append(FileContent.Piece(span: Int64(chunk.size), chunk: chunk))
            } else {
                pieces.append(FileContent.Piece(span: .random(in: 1...1 << 40, using: &random), chunk: nil))
            }
        }
        return try FileContent(size: pieces.reduce(0) { $0 + $1.span }, depth: 0, pieces: pieces)
    }

    mutating func attributes() -> TreeEntry.Attributes {
        let names = Set((0..<Int.random(in: 0...3, using: &random)).map { "user.\($0)" })
        return TreeEntry.Attributes(
            mode: .random(in: 0...0o7777, using: &random),
            uid: .random(in: 0...UInt32.max - 1, using: &random),
            gid: .random(in: 0...UInt32.max - 1, using: &random),
            seconds: .random(in: -1 << 40...1 << 40, using: &random),
            nanoseconds: .random(in: 0...999_999_999, using: &random),
            extended: names.sorted().map { TreeEntry.Extended(name: Array($0.utf8), value: bytes(0...40)) }
        )
    }

    mutating func kind() throws -> TreeEntry.Kind {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .fifo
        case 1: .socket
        case 2: .characterDevice(major: 1, minor: .random(in: 0...UInt32.max, using: &random))
        case 3: .blockDevice(major: .random(in: 0...UInt32.max, using: &random), minor: 0)
        case 4: .symbolicLink(target: bytes(1...90).map { max($0, 1) })
        default: .file(try content())
        }
    }

    /// A whole tree of about so many entries, in order.
    mutating func entries(_ count: Int) throws -> [TreeEntry] {
        var entries = [TreeEntry(path: .root, kind: .directory, attributes: attributes())]
        try fill(.root, count, 0, &entries)
        return entries
    }

    private mutating func fill(_ folder: TreePath, _ count: Int, _ depth: Int, _ entries: inout [TreeEntry])
        throws
    {
        var names = Set<[UInt8]>()
        // Bytes on both sides of a slash, so that the order is put to the test.
        let letters = Array("-./0ab\u{e9}".utf8).filter { $0 != 0x2F }
        for _ in 0..<count {
            let text = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? 0x61
            }
            names.insert(text)
        }
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let path = folder.appending(name) else { continue }
            if depth < 3, Int.random(in: 0..<6, using: &random) == 0 {
                entries.append(TreeEntry(path: path, kind: .directory, attributes: attributes()))
                try fill(path, max(count / 12, 1), depth + 1, &entries)
            } else if let last = entries.last, case .file = last.kind,
                Int.random(in: 0..<5, using: &random) == 0
            {
                entries.append(TreeEntry(path: path, kind: .hardLink(to: last.path), attributes: nil))
            } else {
                entries.append(TreeEntry(path: path, kind: try kind(), attributes: attributes()))
            }
        }
    }

    /// Some entries other than they were, some gone, some new.
    mutating func changed(_ entries: [TreeEntry], oneIn: Int) throws -> [TreeEntry] {
        let linked = Set(
            entries.compactMap { entry -> TreePath? in
                if case .hardLink(let target) = entry.kind { target } else { nil }
            }
        )
        var changed: [TreeEntry] = []
        for entry in entries {
            guard case .file = entry.kind, !linked.contains(entry.path),
                Int.random(in: 0..<oneIn, using: &random) == 0
            else {
                changed.append(entry)
                continue
            }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: break
            case 1:
                changed.append(
                    TreeEntry(path: entry.path, kind: .file(try content()), attributes: attributes())
                )
            default:
                changed.append(entry)
                guard let path = try? TreePath(bytes: entry.path.bytes + Array("+".utf8)) else { continue }
                changed.append(TreeEntry(path: path, kind: .file(try content()), attributes: attributes()))
            }
        }
        changed.sort { $0.path < $1.path }
        return changed.enumerated().filter { $0 == 0 || changed[$0 - 1].path != $1.path }.map(\.element)
    }
}
