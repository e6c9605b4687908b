// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

// The settings that an agent has in force, for who comes when their file is not what it was.
extension Folders {
    private static let settingsName = "settings.yaml"
    private static let maximumSettings = 4 << 20

    /// Where they are kept.
    public var settings: String { "\(state)/\(Self.settingsName)" }

    /// Keeps their text; nil for a node without a file.
    public func keepSettings(_ text: String?) throws {
        guard let text else { return try Self.discard(settings) }
        let bytes = Array(text.utf8)
        // What cannot be read is written anew.
        if (try? Self.read(settings, limit: Self.maximumSettings)) == bytes { return }
        try Self.replace(Self.settingsName, in: state, with: bytes)
    }

    /// Their text; nil if none is kept.
    public func keptSettings() throws(LinuxError) -> String? {
        do throws(LinuxError) {
            return String(decoding: try Self.read(settings, limit: Self.maximumSettings), as: UTF8.self)
        } catch {
            guard error.errno == ENOENT else { throw error }
            return nil
        }
    }
}
