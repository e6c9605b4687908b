// SPDX-License-Identifier: Apache-2.0

/// The state of a container, as `state` prints it and hooks get it.
public struct RuntimeState: Equatable, Sendable {
    /// Where the container is in its life.
    public enum Status: String, CaseIterable, Sendable {
        /// It is being made.
        case creating
        /// It is made, and its program is not run yet.
        case created
        /// Its program runs.
        case running
        /// Its program is frozen.
        case paused
        /// Its program has ended.
        case stopped
    }

    /// The version of the specification.
    public var ociVersion: String
    /// The container's id.
    public var id: String
    /// Where it is in its life.
    public var status: Status
    /// Its first process as the host counts; nil when there is none.
    public var pid: Int32?
    /// The bundle's directory, absolute.
    public var bundle: String
    /// The configuration's annotations.
    public var annotations: [String: String]

    /// Describes a state.
    public init(
        id: String,
        status: Status,
        pid: Int32?,
        bundle: String,
        annotations: [String: String] = [:],
        ociVersion: String = RuntimeConfig.version
    ) {
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
        self.ociVersion = ociVersion
    }

    /// Decodes a state.
    public init(_ at: JSONCursor) throws(ConfigError) {
        ociVersion = try at.required("ociVersion", "the version of the specification").string()
        id = try at.required("id", "the container's id").string()
        status = try at.required("status", "the container's status").choice()
        pid = try at["pid"]?.integer(in: 0...Int32.max)
        if pid == 0 { pid = nil }
        bundle = try at.required("bundle", "the path of the bundle").absolutePath()
        annotations = try at["annotations"]?.table { (at) throws(ConfigError) in try at.opaque() } ?? [:]
    }

    /// The state's document; a container without a process has pid 0 there, without annotations it has none.
    public var json: JSON {
        var members: [JSON.Member] = [
            .init("ociVersion", .string(ociVersion)), .init("id", .string(id)),
            .init("status", .string(status.rawValue)), .init("pid", JSON(pid ?? 0)),
            .init("bundle", .string(bundle)),
        ]
        if !annotations.isEmpty { members.append(.init("annotations", JSON(annotations))) }
        return .object(members)
    }
}
