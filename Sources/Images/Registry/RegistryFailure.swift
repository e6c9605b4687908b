// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// A failure on the way to a registry, and whether it may pass.
struct RegistryFailure: Error {
    let error: ImageError
    /// Whether the same request may succeed later.
    let isTransient: Bool
    /// How long the server wants to be left alone.
    let retryAfter: Duration?

    init(_ error: ImageError, isTransient: Bool = false, retryAfter: Duration? = nil) {
        self.error = error
        self.isTransient = isTransient
        self.retryAfter = retryAfter
    }

    init(_ operation: String, _ error: TransferError) {
        self.init(ImageError(operation, error.subject, .transfer(error)), isTransient: error.isTransient)
    }
}

/// Runs calls of ours that no other request would mend.
func finally<Result>(_ body: () throws(ImageError) -> Result) throws(RegistryFailure) -> Result {
    do throws(ImageError) {
        return try body()
    } catch {
        throw RegistryFailure(error)
    }
}
