// SPDX-License-Identifier: Apache-2.0

/// A desired state that somebody brings, signed as the file of a source is.
public enum PushedFile {
    /// Who signed it; blocks.
    ///
    /// - Parameters:
    ///   - bytes: The file as it came.
    ///   - signature: The armoured signature, as `ssh-keygen -Y sign` makes it; nil if there is none.
    ///   - signers: The file of allowed signers.
    ///   - subject: What the file is called.
    ///   - now: Seconds since 1970.
    /// - Returns: The principals of the key.
    /// - Throws: Why it is not taken.
    public static func signer(
        of bytes: [UInt8],
        by signature: [UInt8]?,
        signers: String,
        subject: String,
        now: Int64 = Intake.wallClock()
    ) throws(IntakeError) -> String {
        try Signers(path: signers, namespace: Signers.state).signer(
            of: bytes,
            by: signature,
            subject: subject,
            now: now
        )
    }
}
