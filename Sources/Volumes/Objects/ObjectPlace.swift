// SPDX-License-Identifier: Apache-2.0
internal import Objects

/// Where the files of a volume are objects: a file is at the key `PREFIX/PATH`.
package struct ObjectPlace: Hashable, Sendable {
    /// Without a slash at its end.
    package let prefix: String

    /// Throws what no key can begin with.
    package init(_ prefix: String) throws(VolumeError) {
        self.prefix = prefix
        do throws(ObjectError) { _ = try ObjectKey("\(prefix)/x") } catch {
            throw VolumeError("name", prefix, .store(error))
        }
    }

    /// Where the files of a volume are that says nothing of it.
    package init(app: String, volume: String) throws(VolumeError) { try self.init("o/\(app)/\(volume)") }

    /// What all keys begin with.
    var start: String { prefix + "/" }

    /// The key of a file; throws why there is none.
    func key(_ path: TreePath) throws(ObjectError) -> ObjectKey {
        guard let text = String(validating: path.bytes, as: UTF8.self) else {
            throw ObjectError("name", path.description, .refused("is no UTF-8"))
        }
        return try ObjectKey(start + text)
    }

    /// The file of a key; nil if it is none of here.
    ///
    /// No part of a key is empty or made of dots alone, so no path leads out of the folder.
    func path(of key: ObjectKey) -> TreePath? {
        let start = start.utf8
        guard key.bytes.starts(with: start) else { return nil }
        return try? TreePath(bytes: Array(key.bytes.dropFirst(start.count)))
    }
}
