// SPDX-License-Identifier: Apache-2.0

/// The options of mounts that a runtime understands by itself.
public enum MountOptionNames {
    /// Sorted.
    public static let all: [String] = MountOptions.known.sorted()
}
