// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

extension ReleaseStatus {
    /// For people, for example `confirmed registry.example.net/martlet (sha256:0123456789ab)`.
    var shown: String {
        let digest = digest.map { " (\($0.prefix(19)))" } ?? ""
        return state + (image.map { " \($0)" } ?? "") + digest
    }
}
