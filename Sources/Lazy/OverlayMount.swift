// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// A directory that takes what is written, over one that is only read: overlayfs.
enum OverlayMount {
    /// Mounts both together on a path.
    ///
    /// Nothing of overlayfs that its upper directory alone does not tell is used: no file of it has its content
    /// elsewhere (`metacopy`), no folder is one of another name below (`redirect_dir`; renaming one that is below is
    /// `EXDEV`, at which programs copy it), and no name is decided by the work directory (`index`).
    static func make(on path: String, lower: Descriptor, upper: Descriptor, work: Descriptor)
        throws(LinuxError)
    {
        // By numbers: a path may have what separates options, and is longer than those may be.
        let folders = [("lowerdir", lower), ("upperdir", upper), ("workdir", work)]
            .map { ($0, "/proc/self/fd/\($1.number)") }
        let features = ["redirect_dir", "index", "metacopy", "xino"].map { ($0, "off") }
        try NewMount.make("overlay", [("source", "martlet")] + folders + features, on: path)
    }
}
