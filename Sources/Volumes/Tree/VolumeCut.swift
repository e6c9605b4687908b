// SPDX-License-Identifier: Apache-2.0

/// Holds still what could change a volume, so that all its files are read as of one instant.
package protocol VolumeCut: Sendable {
    /// From here on nothing changes.
    func begin() throws(VolumeError)

    /// It may again; also if it could before.
    ///
    /// - Returns: Whether nothing did from the beginning on, and how long that was.
    func end() -> (isWhole: Bool, pause: Duration)

    /// Whether it may begin a second time for the same commit: it holds nobody up.
    var mayRepeat: Bool { get }
}

extension VolumeCut {
    /// Who stood still once does not again.
    package var mayRepeat: Bool { false }
}
