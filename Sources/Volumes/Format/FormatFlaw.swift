// SPDX-License-Identifier: Apache-2.0

/// Bytes that are not what their format allows, and in what.
package struct FormatFlaw: Error, Equatable, CustomStringConvertible {
    package let description: String

    /// Says what is not allowed, and in what.
    package init(_ description: String) { self.description = description }
}
