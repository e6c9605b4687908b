// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// The files of an image as its containers would find them, without a container.
///
/// Blocks on disk.
public struct ImageFiles: Sendable {
    private let stack: LayerStack

    /// The files of an image that is here.
    public init(_ image: Image) throws(ImageError) {
        var roots: [Descriptor] = []
        for path in image.layers.reversed() {
            roots.append(
                try attempt("read", path) { () throws(LinuxError) in
                    try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
                }
            )
        }
        stack = LayerStack(roots)
    }

    /// Opens a plain file; nil if there is none.
    ///
    /// - Parameter path: From the root of the image on.
    /// - Returns: The file, to be read.
    /// - Throws: `ImageError` if something else has that name.
    public func open(_ path: String) throws(ImageError) -> Descriptor? {
        try attempt("read", path) { () throws(LinuxError) in try stack.open(path) }
    }
}
