// SPDX-License-Identifier: Apache-2.0
public import Desired

/// An app as a source has it: verified, read and checked.
public struct SourcedApp: Sendable {
    /// The app.
    public let app: App
    /// The text that it was decoded from, complete in itself.
    public let model: String
    /// The file that says it.
    public let file: String
    /// The digest of the app.
    public let digest: String
    /// Who signed it; nil if nobody had to.
    public let signer: String?
}

/// All that a source says at one moment.
struct SourceSet: Sendable {
    /// Tells it from what the source says at other moments: a digest, a commit.
    let revision: String
    /// The apps by their names.
    let apps: [String: SourcedApp]

    /// Throws if two files say what the same app is.
    init(revision: String, _ apps: [SourcedApp]) throws(IntakeError) {
        var found: [String: SourcedApp] = [:]
        for app in apps {
            if let other = found.updateValue(app, forKey: app.app.name) {
                throw IntakeError(
                    .refused,
                    app.file,
                    "defines app \(app.app.name), and so does \(other.file): keep one of them"
                )
            }
        }
        self.revision = revision
        self.apps = found
    }
}
