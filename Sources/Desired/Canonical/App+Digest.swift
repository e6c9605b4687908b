// SPDX-License-Identifier: Apache-2.0

extension App {
    /// What a generation is known by: `sha256:` and the hash of the app's canonical JSON.
    public var digest: String { Hash.digest(of: canonicalJSON()) }
}
