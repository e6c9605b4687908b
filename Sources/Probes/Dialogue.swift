// SPDX-License-Identifier: Apache-2.0

/// What is said over a connection, and what is made of the answers; pure.
protocol Dialogue: Sendable {
    /// What is said first; empty if a connection is all that is asked for.
    var opening: [UInt8] { get }

    /// Takes in what came.
    mutating func take(_ bytes: [UInt8]) -> DialogueTurn
}

/// What follows from what came.
enum DialogueTurn: Equatable, Sendable {
    /// Say this, if it is not empty, and wait for more.
    case proceed([UInt8])
    /// It is over.
    case done(ProbeAnswer)
}

/// A connection says all.
struct ConnectDialogue: Dialogue {
    let opening: [UInt8] = []

    func take(_ bytes: [UInt8]) -> DialogueTurn { .done(.success) }
}
