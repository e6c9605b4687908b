// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The runtimes that are compared.
enum RuntimeProgram {
    /// Debian's, the measure.
    static let runc = "/usr/sbin/runc"

    /// `martlet-runtime` of this build; nil if it was not built.
    static let martlet: String? = {
        let named = getenv("MARTLET_RUNTIME").map { [String(cString: $0)] }
        let built = [".build/release/martlet-runtime", ".build/debug/martlet-runtime"]
        return (named ?? built).first { access($0, X_OK) == 0 }
    }()
}
