// SPDX-License-Identifier: Apache-2.0

/// The settings of one node, from `node.yaml`.
///
/// What has one value only so far, such as the range of user namespaces, is checked and not kept.
public struct NodeSettings: Equatable, Sendable {
    /// The newest format that is understood.
    public static let newestFormat = 1

    /// The format of the file.
    public var format = 1
    /// The node's name; nil is the host's own.
    public var name: String?
    /// What placement asks for.
    public var labels: [String: String] = [:]
    /// Where the API is, and who may use it.
    public var api = APISettings()
    /// What becomes of a desired state that comes.
    public var applyMode = ApplyMode.auto
    /// While this file is there, nothing changes but what recovers from a crash; nil if there is no such file.
    public var pauseFile: String?
    /// Whether an app may take the host's ids with `userns: host`.
    public var allowsHostIDs = false
    /// What follows when somebody changes a running container behind the agent's back.
    public var drift = DriftAction.correct
    /// Who makes the control groups of containers.
    public var cgroups = CgroupSettings()
    /// How many of the newest generations of an app are kept.
    public var keepGenerations = 5
    /// From how many percent of the disk in use on images that nothing needs are removed.
    public var imagesHigh = 85
    /// At how many percent that ends.
    public var imagesLow = 80
    /// How long an image stays after it was used last.
    public var imagesMinimumAge: Duration = .seconds(86_400)
    /// The room that the logs of all containers share on disk; nil is any.
    public var spoolBytes: ByteCount?
    /// Which images may run; nil if the file does not say, and then all may.
    public var imageTrust: ImageTrust?
    /// What is said about registries.
    public var registries: [RegistrySettings] = []

    /// Stores of objects, by name.
    public var stores: [String: StoreSettings] = [:]
    /// The one of them that keeps what must outlive the node itself; nil if none does.
    public var stateStore: String?
    /// Where log lines go, in the order of their names.
    public var sinks: [SinkSettings] = []
    /// Where desired states come from by themselves.
    public var sources: [NodeSource] = []
    /// Who may sign desired states, by name: the path of a file as ssh-keygen(1) has it under "ALLOWED SIGNERS".
    public var signers: [String: String] = [:]

    /// The release that the node is to go on as; nil leaves that to others.
    public var agentUpdate: AgentUpdate?

    /// Where secrets may come from beside files and credentials.
    public var secrets = SecretSettings()

    /// A node without a file.
    public init() {}
}
