// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Images

extension App {
    /// What a generation is known by: `sha256:` and the hash of the app's canonical JSON.
    public var digest: String { "\(Digest(of: Array(canonicalJSON().utf8)))" }
}
