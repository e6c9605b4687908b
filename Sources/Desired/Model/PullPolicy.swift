// SPDX-License-Identifier: Apache-2.0

/// When an image is fetched (05-services.md, "pull_policy").
///
/// A generation keeps the images that it began with, whatever the policy.
public enum PullPolicy: Sendable, Hashable {
    /// It must be on the node already.
    case never
    /// It is fetched when the node does not have it.
    case missing
    /// It is fetched for each new generation.
    case always
    /// It is fetched for a new generation when the last time is this long ago.
    case every(Duration)
}
