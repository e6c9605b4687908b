// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Layers as one tree, the way overlayfs would show them, without mounting anything.
///
/// Links are followed by hand, component by component, so none leads outside the layers.
struct LayerStack {
    /// The same directory in each layer that has it, topmost first.
    private typealias Merged = [Descriptor]
    private let roots: [Descriptor]

    /// Takes the layers' roots, topmost first.
    init(_ roots: [Descriptor]) { self.roots = roots }

    /// Opens a plain file; nil if there is none.
    ///
    /// Anything else under that name is an error (a fifo would block).
    func open(_ path: String) throws(LinuxError) -> Descriptor? {
        var walked: [Merged] = [roots]
        var rest = Self.components(Array(path.utf8))
        var links = 0
        while let name = rest.popLast() {
            if name == ".." {
                if walked.count > 1 { walked.removeLast() }
                continue
            }
            guard let here = walked.last, let (directory, status) = try find(name, in: here) else {
                return nil
            }
            switch status.kind {
            case .directory:
                walked.append(try merge(name, in: here))
            case .link:
                links += 1
                guard links <= 40 else { throw LinuxError("open", path, errno: ELOOP) }
                let target = try directory.linkTarget(name).bytes
                if target.first == UInt8(ascii: "/") { walked = [roots] }
                rest += Self.components(target)
                guard rest.count <= 4096 else { throw LinuxError("open", path, errno: ENAMETOOLONG) }
            case .file:
                guard rest.isEmpty else { return nil }
                return try directory.open(
                    name,
                    O_RDONLY | O_NONBLOCK | O_NOFOLLOW,
                    resolve: [.beneath, .noSymlinks]
                )
            default:
                throw LinuxError("open", path, errno: EINVAL)
            }
        }
        throw LinuxError("open", path, errno: EISDIR)
    }

    /// The topmost entry of a name; nil if no layer has it, or one hides it.
    private func find(
        _ name: RawPath,
        in merged: Merged
    ) throws(LinuxError) -> (Descriptor, FileStatus)? {
        for directory in merged {
            guard let status = try directory.status(name) else { continue }
            return status.isWhiteout ? nil : (directory, status)
        }
        return nil
    }

    private func merge(_ name: RawPath, in merged: Merged) throws(LinuxError) -> Merged {
        var result: Merged = []
        for directory in merged {
            guard let status = try directory.status(name) else { continue }
            guard status.kind == .directory else { break }
            let inner = try directory.open(
                name,
                O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                resolve: [.beneath, .noSymlinks]
            )
            result.append(inner)
            if try inner.attribute("trusted.overlay.opaque") == Array("y".utf8) { break }
        }
        return result
    }

    /// Last component first, as a stack.
    private static func components(_ path: [UInt8]) -> [RawPath] {
        path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual([0x2E]) }
            .compactMap { RawPath(bytes: $0) }.reversed()
    }
}
