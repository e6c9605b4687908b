// SPDX-License-Identifier: Apache-2.0

/// The place of an instance in an app, for example `clickme/web/1`.
public struct InstanceName: Sendable, Equatable, Hashable, Comparable, CustomStringConvertible {
    /// The app.
    public let app: String
    /// The service.
    public let service: String
    /// Which one of the service's instances, from 1.
    public let index: Int

    /// The instance of this index.
    public init(app: String, service: String, index: Int) {
        self.app = app
        self.service = service
        self.index = index
    }

    /// The instance in an app at `service/index`; nil if the text is no such place.
    public init?(app: String, place: String) {
        let parts = place.split(separator: "/")
        guard parts.count == 2, let index = Int(parts[1]) else { return nil }
        self.init(app: app, service: String(parts[0]), index: index)
    }

    /// By app, service and index.
    public static func < (one: InstanceName, other: InstanceName) -> Bool {
        (one.app, one.service, one.index) < (other.app, other.service, other.index)
    }

    /// For example `clickme/web/1`.
    public var description: String {
        "\(app)/\(service)/\(index)"
    }
}
