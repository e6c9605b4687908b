// SPDX-License-Identifier: Apache-2.0
internal import Testing

/// The whole path through the real program, as its user walks it.
///
/// Needs root.
@Suite(.serialized) struct WalkTests {}
