// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
internal import Linux

/// What this kernel can do, found out by doing it once.
public struct KernelFeatures: OptionSet, Sendable {
    /// The `martlet_feature` bits.
    public let rawValue: Int32
    /// Takes `martlet_feature` bits; tests use it to walk the fallbacks.
    public init(rawValue: Int32) { self.rawValue = rawValue }
    /// Overlay layers are given as descriptors of detached mounts (6.15 and newer).
    public static let overlayByDescriptor = KernelFeatures(
        rawValue: Int32(MARTLET_FEATURE_OVERLAY_FD.rawValue)
    )
    /// Parts of a detached mount can be cloned (6.15 and newer).
    public static let detachedClone = KernelFeatures(rawValue: Int32(MARTLET_FEATURE_DETACHED_CLONE.rawValue))

    /// Probes the running kernel.
    ///
    /// Needs `CAP_SYS_ADMIN`.
    public static func probe() throws -> KernelFeatures {
        KernelFeatures(rawValue: try check("fsmount", "tmpfs", martlet_launch_probe()))
    }
}
