// SPDX-License-Identifier: Apache-2.0

/// What follows for a running container when the content of one of its configs or secrets changes:
/// `x-martlet.on_change`.
public enum ChangeReaction: Sendable, Equatable, CustomStringConvertible {
    /// A new container is made, as `update_config` says.
    case restart
    /// The new content is put in its place, and the signal sent to the first process.
    case signal(Signal)
    /// The new content is put in its place, and the command run inside; it must end with 0.
    case execute([String])
    /// The new content is put in its place.
    case none

    /// As the file has it, for example `signal:SIGHUP`.
    public var description: String {
        switch self {
        case .restart: "restart"
        case .signal(let signal): "signal:\(signal)"
        case .execute(let command): "exec:\(command.joined(separator: " "))"
        case .none: "none"
        }
    }
}
