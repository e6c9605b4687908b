// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Objects
internal import Transfer
internal import Volumes

/// A process that holds a volume, for tests that stop it, overtake it or kill it.
///
/// `volume-holder STORE DATA OWNER PATIENCE-MS VERB...` acquires `shop/data` and does one thing after the other: `commit`,
/// `stopped-commit`, which stops the whole process before it creates the record, `release`, `branch`; `run:SCRIPT` runs
/// a shell script in the directory, and `cloned:SCRIPT` commits with clones what it does while all else stands still. What came of each is a line on the standard output.
@main enum VolumeHolder {
    static func main() throws {
        let words = CommandLine.arguments
        guard words.count > 4, let owner = UInt8(words[3]), let patience = Int(words[4]) else {
            print("usage: volume-holder STORE DATA OWNER PATIENCE-MS VERB...")
            exit(2)
        }
        let store = StoppingStore(DirectoryStore(path: words[1])), scope = TransferScope()
        let timing = LeaseTiming(heartbeat: .milliseconds(20), patience: .milliseconds(patience))
        let log = CommitLog(try LogPlace(app: "shop", volume: "data"), in: store, timing: timing)
        let root = try Descriptor.open(words[2], O_RDONLY | O_DIRECTORY)
        do {
            let volume = try StoredVolume(
                log,
                for: CommitRecord.Owner(id: [UInt8](repeating: owner, count: 16), node: "node-\(owner)"),
                time: 0,
                in: scope
            )
            print("acquired \(volume.head.sequence)")
            for verb in words.dropFirst(5) { act(verb, volume, root, store, scope) }
        } catch {
            print("error \(error)")
        }
    }

    private static func act(
        _ verb: String,
        _ volume: StoredVolume,
        _ root: Descriptor,
        _ store: StoppingStore,
        _ scope: TransferScope
    ) {
        do {
            switch verb {
            case "commit", "stopped-commit", "release":
                store.stopsBeforeRecord = verb == "stopped-commit"
                let record = try volume.commit(
                    root,
                    isCut: true,
                    releasing: verb == "release",
                    time: 0,
                    in: scope
                )
                print("\(verb) \(record.map { "\($0.sequence)" } ?? "nothing")")
            case "branch":
                let place = try volume.branch(root, isCut: true, time: 0, in: scope)
                print("branch \(place?.volume ?? "nothing")")
            case _ where verb.hasPrefix("cloned:"):
                let beside = try Descriptor.open("..", O_RDONLY | O_DIRECTORY, at: root.number)
                let record = try volume.commit(
                    root,
                    isCut: true,
                    cut: ScriptCut(script: String(verb.dropFirst(7)), root: root),
                    by: CloneSpace(beside),
                    time: 0,
                    in: scope
                )
                print("cloned \(record.map { "\($0.sequence)" } ?? "nothing")")
            case _ where verb.hasPrefix("run:"):
                try check("fchdir", "data", fchdir(root.number))
                print("run \(system(String(verb.dropFirst(4))))")
            default: print("error no verb is called \(verb)")
            }
        } catch {
            print("error \(error)")
        }
    }
}
