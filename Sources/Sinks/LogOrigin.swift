// SPDX-License-Identifier: Apache-2.0
public import Desired

/// Whose lines a spool holds: what every receiver is told once, or with each line.
public struct LogOrigin: Codable, Equatable, Sendable {
    /// The name of the node.
    public var node: String
    /// The app.
    public var app: String
    /// The service, or the job.
    public var service: String
    /// Which one of the service's instances, from 0, or the number of a job's run.
    public var instance: Int
    /// The container's id.
    public var container: String
    /// The image as the desired state names it.
    public var image: String
    /// The digest of the image's manifest, such as `sha256:...`.
    public var imageDigest: String
    /// What the service's `logs.fields` adds to each line.
    public var fields: [String: String]
    /// What a line is made of.
    public var format: LogSettings.Format
    /// Which lines belong together; nil for each its own.
    public var multiline: LogSettings.Multiline?

    /// Describes whose lines they are.
    public init(
        node: String,
        app: String,
        service: String,
        instance: Int,
        container: String,
        image: String,
        imageDigest: String,
        fields: [String: String] = [:],
        format: LogSettings.Format = .none,
        multiline: LogSettings.Multiline? = nil
    ) {
        self.node = node
        self.app = app
        self.service = service
        self.instance = instance
        self.container = container
        self.image = image
        self.imageDigest = imageDigest
        self.fields = fields
        self.format = format
        self.multiline = multiline
    }
}
