// SPDX-License-Identifier: Apache-2.0

/// A file, and the place in another one that names it.
struct Mention {
    let place: Place
    let position: Position
    let path: Path
}
