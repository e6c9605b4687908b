// SPDX-License-Identifier: Apache-2.0

/// Where a control group lies in every hierarchy, below the mount point: at least one plain name.
///
/// A relative path of an OCI configuration begins there too, so `default/x` and `/default/x` are one group.
public struct CgroupPath: Hashable, Sendable, CustomStringConvertible {
    /// The names from the mount point on.
    public let components: [String]

    /// Reads `/machine.slice/x`, or `default/x`.
    ///
    /// Throws for what could lead elsewhere: `..`, `.`, an empty name, NUL or a line break.
    public init(_ text: String) throws(ContainerError) {
        let relative = text.hasPrefix("/") ? text.dropFirst() : text[...]
        let components = relative.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard components.allSatisfy(Self.isName), text.utf8.count < 4000 else {
            throw ContainerError(
                step: "cgroup",
                text.debugDescription,
                cause: .unsupported(
                    "not a path of a control group: use names between single '/', none of them '.' or '..'"
                )
            )
        }
        self.components = components
    }

    private init(components: [String]) { self.components = components }

    /// With a `/` at its beginning.
    public var description: String { components.reduce(into: "") { $0 += "/\($1)" } }

    /// The last name.
    public var name: String { components.last ?? "" }

    /// The group above; nil directly below the mount point.
    public var parent: CgroupPath? {
        components.count > 1 ? CgroupPath(components: components.dropLast()) : nil
    }

    /// The group of this name below.
    public func appending(_ name: String) throws(ContainerError) -> CgroupPath {
        try CgroupPath("\(self)/\(name)")
    }

    /// The kernel takes no line break, for `/proc/PID/cgroup` would become unreadable.
    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && name.utf8.count <= 255
            && !name.utf8.contains(0) && !name.utf8.contains(UInt8(ascii: "\n"))
    }
}
