// SPDX-License-Identifier: Apache-2.0

/// The machines that an image is for.
public struct Platform: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The operating system as Go names it.
    public let os: String
    /// The processor architecture as Go names it.
    public let architecture: String
    /// The variant of the architecture, for example `v8`.
    public let variant: String?

    /// Names a platform.
    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// The platform this program runs on.
    public static var running: Platform {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            #error("name this architecture as Go does")
        #endif
    }

    /// Whether this is what `OS[/ARCHITECTURE[/VARIANT]]` says.
    public func isMeant(by text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts[0] == os else { return false }
        guard parts.count > 1 else { return true }
        return accepts(Platform(os: os, architecture: parts[1], variant: parts.count > 2 ? parts[2] : nil))
    }

    /// Whether content for `other` runs here.
    ///
    /// Of variants only the base line of the architecture is taken.
    func accepts(_ other: Platform) -> Bool {
        let variants: Set<String> = architecture == "arm64" ? ["", "v8"] : ["", "v1"]
        return other.os == os && other.architecture == architecture && variants.contains(other.variant ?? "")
    }

    /// `linux/amd64`.
    public var description: String { os + "/" + architecture + (variant.map { "/" + $0 } ?? "") }
}
