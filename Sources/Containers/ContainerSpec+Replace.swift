// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import Glibc
public import Linux

extension ContainerSpec.File {
    /// Puts this file in the place of the one at the same path in a container that runs: who opens it finds the old
    /// content or the new one, whole, and who has it open goes on with the old one.
    ///
    /// No watch of the file (inotify(7)) tells of it. `process` is the container's, `users` are those it was made with.
    public func replace(
        in process: Descriptor,
        of id: String,
        users: Users,
        features: KernelFeatures
    ) async throws {
        guard readOnly, let owner = users.owner(uid: uid, gid: gid) else {
            throw ContainerError(step: "replace \(path)", id, cause: .unsupported("it is not a file of ours"))
        }
        // A thread of its own, which enters the container's namespace and ends there.
        try await Thread.run {
            let failure: (step: String, number: Int32)? = withContent { bytes in
                path.withCString { path in
                    var file = martlet_new_file(
                        path: path,
                        content: bytes.baseAddress,
                        length: bytes.count,
                        uid: owner.uid,
                        gid: owner.gid,
                        mode: mode,
                        no_swap: content.isSecret && features.contains(.tmpfsWithoutSwap) ? 1 : 0,
                        beneath: features.contains(.mountBeneath) ? 1 : 0
                    )
                    var step: UnsafePointer<CChar>?
                    guard martlet_replace_file(process.number, &file, &step) < 0 else { return nil }
                    return (step.map { String(cString: $0) } ?? "", errno)
                }
            }
            if let failure {
                throw ContainerError(
                    step: "replace \(path)",
                    "\(id): \(failure.step)",
                    cause: .errno(failure.number)
                )
            }
        }
    }

    private func withContent<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        switch content {
        case .plain(let bytes): bytes.withUnsafeBytes(body)
        case .secret(let content): content.withBytes(body)
        }
    }
}
