// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Linux
internal import Synchronization
internal import Transfer

/// A directory of a git repository at a branch or a tag: each Compose file in it is an app.
final class GitSource: Source {
    /// Paths of files that only the agent reads.
    struct Files: Sendable {
        var auth: String?
        var authorities: String?
        var key: String?
    }

    let kind = "git"
    private let name: String
    let place: NodeSource.Git
    let files: Files
    private let signers: Signers?
    /// The commit that was taken last, by its name.
    private let last = Mutex<(name: String, commit: GitCommit)?>(nil)

    init(name: String, _ place: NodeSource.Git, files: Files, signers: Signers?) {
        self.name = name
        self.place = place
        self.files = files
        self.signers = signers
    }

    func read(in scope: TransferScope) throws(IntakeError) -> SourceSet? {
        let git = try process()
        _ = try git.run(["init", "--quiet", "--bare", "--template="], limit: 4096, in: scope)
        let tip = try tip(git, scope)
        if let (name, commit) = last.withLock({ $0 }), name == tip {
            // Who may sign can have changed without a commit.
            _ = try signer(of: commit, name)
            return nil
        }
        _ = try git.run(
            [
                "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules",
                "--no-write-fetch-head",
                "--no-auto-maintenance", "--", place.url, "+\(place.ref):refs/martlet/state",
            ],
            limit: 4096,
            in: scope
        )
        // It may have moved between the two.
        let found = try git.run(
            ["rev-parse", "--verify", "refs/martlet/state^{commit}"],
            limit: 4096,
            in: scope
        )
        let name = String(decoding: found, as: UTF8.self).filter { !$0.isNewline }
        guard GitObjects.isName(name) else {
            throw IntakeError(.refused, place.url, "names its objects by another hash than SHA-1")
        }
        let objects = GitObjects(git, in: scope)
        guard let commit = GitCommit(try objects.content(.commit, name)) else {
            throw IntakeError(.refused, "commit \(name)", "is damaged")
        }
        let signer = try signer(of: commit, name)
        let set = try SourceSet(revision: name, apps(of: commit.tree, objects, signer))
        last.withLock { $0 = (name, commit) }
        return set
    }

    private func signer(of commit: GitCommit, _ name: String) throws(IntakeError) -> String? {
        guard let signers else { return nil }
        return try signers.signer(
            of: commit.payload,
            by: commit.signature,
            subject: "commit \(name.prefix(12))"
        )
    }

    /// The commit that the branch or the tag leads to now.
    private func tip(_ git: GitProcess, _ scope: TransferScope) throws(IntakeError) -> String {
        let listed = try git.run(
            ["ls-remote", "--quiet", "--", place.url, place.ref, "\(place.ref)^{}"],
            limit: 64 << 10,
            in: scope
        )
        var found: [String: String] = [:]
        for line in String(decoding: listed, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t").map(String.init)
            guard parts.count == 2, GitObjects.isName(parts[0]) else { continue }
            found[parts[1]] = parts[0]
        }
        // An annotated tag stands for what it is of.
        guard let commit = found["\(place.ref)^{}"] ?? found[place.ref] else {
            throw IntakeError(.unreachable, place.url, "has no \(place.ref): push it, or change 'ref'")
        }
        return commit
    }

    private func apps(of tree: String, _ objects: GitObjects, _ signer: String?) throws(IntakeError)
        -> [SourcedApp]
    {
        var tree = tree
        for part in place.path.split(separator: "/") {
            guard let entry = try objects.entries(tree)[String(part)], entry.isTree else {
                throw IntakeError(.refused, place.path, "is no directory of the repository: change 'path'")
            }
            tree = entry.name
        }
        let root = try objects.entries(tree)
        let directory = AppFile.nowhere(name)
        let access = GitFiles(objects, root: root, directory: directory)
        var apps: [SourcedApp] = []
        for (name, entry) in root.sorted(by: { $0.key < $1.key }) where DirectorySource.isApp(name) {
            guard entry.isFile else {
                throw IntakeError(.refused, name, "not a plain file: put one there")
            }
            let file = AppFile(name: name, directory: directory, isOnNode: false)
            apps.append(try file.app(signer: signer, files: access.files))
            if let failure = access.failure { throw failure }
        }
        return apps
    }
}
