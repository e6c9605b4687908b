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
    /// A tmpfs can be kept out of swap (6.4 and newer).
    public static let tmpfsWithoutSwap = KernelFeatures(rawValue: Int32(MARTLET_FEATURE_NOSWAP.rawValue))
    /// A mount can be put beneath another one (6.5 and newer).
    public static let mountBeneath = KernelFeatures(rawValue: Int32(MARTLET_FEATURE_BENEATH.rawValue))

    /// Probes the running kernel.
    ///
    /// Needs `CAP_SYS_ADMIN`.
    ///
    /// - Throws: Which call is missing that nothing goes without, or what could not be made.
    public static func probe() throws -> KernelFeatures {
        if let call = KernelCalls.missing.first { throw LinuxError("find", "\(call)(2)", errno: ENOSYS) }
        return KernelFeatures(rawValue: try check("fsmount", "tmpfs", martlet_launch_probe()))
    }
}
