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
    /// - Returns: The principals of the key.
    /// - Throws: Why it is not taken.
    public static func signer(
        of bytes: [UInt8],
        by signature: [UInt8]?,
        signers: String,
        subject: String
    ) throws(IntakeError) -> String {
        try Signers(path: signers, namespace: Signers.state, clock: clock).signer(
            of: bytes,
            by: signature,
            subject: subject
        )
    }

    /// One for all that is pushed to this agent.
    private static let clock = GuardedClock(Intake.wallClock)
}
