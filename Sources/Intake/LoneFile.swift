// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Keys

/// A Compose file that is a source all by itself.
struct LoneFile {
    /// It is no larger than this.
    static let maximumBytes = 4 << 20

    /// The name of the source.
    let source: String
    /// The file as reports call it.
    let name: String
    /// Where it comes from.
    let place: String
    /// Who must have signed it; nil takes what comes.
    let signers: Signers?

    /// What it says, by its bytes and its signature.
    func set(_ bytes: [UInt8], _ signature: [UInt8]?) throws(IntakeError) -> SourceSet {
        let signer = try signer(of: bytes, signature)
        let directory = AppFile.nowhere(source)
        let main = "\(directory)/\(name)"
        let files = SourceFiles(workingDirectory: directory) { path, _ throws(SourceFiles.Failure) in
            guard path == main else { throw .absent }
            return bytes
        }
        let app = try AppFile(name: name, directory: directory, isOnNode: false)
            .app(signer: signer, files: files)
        return try SourceSet(revision: "sha256:" + HashFunction.sha256.hex(bytes), [app])
    }

    /// Who signed it; nil if nobody has to.
    func signer(of bytes: [UInt8], _ signature: [UInt8]?) throws(IntakeError) -> String? {
        try signers.map { (signers) throws(IntakeError) in
            try signers.signer(of: bytes, by: signature, subject: place)
        }
    }
}
