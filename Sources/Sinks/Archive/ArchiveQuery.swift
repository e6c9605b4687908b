// SPDX-License-Identifier: Apache-2.0

/// Which lines of an archive to read.
public struct ArchiveQuery: Sendable {
    /// Whose archive it is.
    public var node: String
    /// Nil for all apps.
    public var app: String?
    /// Nil for all services.
    public var service: String?
    /// Nil for all instances.
    public var instance: Int?
    /// When the lines were captured, nanoseconds since 1970.
    public var times: ClosedRange<UInt64>

    /// All lines of a node by default.
    public init(
        node: String,
        app: String? = nil,
        service: String? = nil,
        instance: Int? = nil,
        times: ClosedRange<UInt64> = 0...UInt64.max
    ) {
        self.node = node
        self.app = app
        self.service = service
        self.instance = instance
        self.times = times
    }

    /// What the names of all objects begin with in which such lines may be.
    func start(_ prefix: String) -> String {
        var start = ArchiveKey.root(prefix, node: node)
        guard let app else { return start }
        start += "\(app)/"
        guard let service else { return start }
        start += "\(service)/"
        return instance.map { "\(start)\($0)/" } ?? start
    }

    /// Whether such lines may be in an object.
    func mayBe(in key: ArchiveKey) -> Bool {
        (app ?? key.app) == key.app && (service ?? key.service) == key.service
            && (instance ?? key.instance) == key.instance && times.overlaps(key.times)
    }
}
