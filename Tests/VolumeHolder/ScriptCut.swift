// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import Volumes

/// A cut in which a shell script is run in the directory: all that it does is what changed last.
struct ScriptCut: VolumeCut {
    let script: String
    let root: Descriptor

    func begin() throws(VolumeError) {
        guard fchdir(root.number) == 0, system(script) == 0 else {
            throw VolumeError("run", script, .refused("it failed"))
        }
    }

    func end() -> (isWhole: Bool, pause: Duration) { (true, .zero) }
}
