// SPDX-License-Identifier: Apache-2.0
package import Objects

/// Where the log of a volume is in its store.
package struct LogPlace: Hashable, Sendable {
    /// The app and the volume, with a slash between them.
    package let volume: String

    /// The log of a volume by both its names; throws what is no such name.
    package init(_ volume: String) throws(VolumeError) {
        let parts = volume.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw VolumeError("name", volume, .refused("is no app and volume: write APP/VOLUME"))
        }
        try self.init(app: String(parts[0]), volume: String(parts[1]))
    }

    /// The log of a volume of an app; throws if one of the names is no part of a key.
    package init(app: String, volume: String) throws(VolumeError) {
        self.volume = "\(app)/\(volume)"
        guard !app.contains("/"), !volume.contains("/") else {
            throw VolumeError("name", self.volume, .refused("has a slash: name it otherwise"))
        }
        _ = try record(1)
    }

    /// The log of a node's own state; no app has this name.
    package init(node: String) throws(VolumeError) { try self.init(app: "NODE", volume: node) }

    /// What is beside this log under a name of its own: what one who was overtaken had not sent yet, for example.
    ///
    /// No volume of a Compose file has an @ in its name.
    package func branch(_ name: String) throws(VolumeError) -> LogPlace {
        try LogPlace("\(volume)@\(name)")
    }

    /// Whether it is beside another one.
    package var isBranch: Bool { volume.contains("@") }

    /// What the keys of all records begin with.
    var records: String { "v/\(volume)/c/" }

    /// What the keys of all snapshots begin with.
    var snapshots: String { "v/\(volume)/s/" }

    /// The key of a snapshot.
    func snapshot(_ name: String) throws(VolumeError) -> ObjectKey { try key(snapshots + name) }

    /// The key of a record.
    func record(_ sequence: UInt64) throws(VolumeError) -> ObjectKey {
        try key(records + Self.digits(sequence))
    }

    /// The key of the signs of life of an epoch.
    func heartbeat(_ epoch: UInt64) throws(VolumeError) -> ObjectKey {
        try key("v/\(volume)/hb/" + Self.digits(epoch))
    }

    /// The key of a pack, whatever volume it is of.
    package static func pack(_ name: PackName) throws(VolumeError) -> ObjectKey {
        let hex = name.hex
        do throws(ObjectError) { return try ObjectKey("p/\(hex.prefix(2))/\(hex)") } catch {
            throw VolumeError("name", hex, .store(error))
        }
    }

    /// The place of a record by its key; nil if it is none.
    func sequence(of key: ObjectKey) -> UInt64? {
        guard key.text.utf8.starts(with: records.utf8) else { return nil }
        let digits = key.text.utf8.dropFirst(records.utf8.count)
        guard digits.count == 16, digits.allSatisfy({ (0x30...0x39) ~= $0 || (0x61...0x66) ~= $0 }) else {
            return nil
        }
        return UInt64(String(Substring(digits)), radix: 16)
    }

    private func key(_ text: String) throws(VolumeError) -> ObjectKey {
        do throws(ObjectError) { return try ObjectKey(text) } catch {
            throw VolumeError("name", volume, .store(error))
        }
    }

    static func digits(_ number: UInt64) -> String {
        let hex = String(number, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }
}
