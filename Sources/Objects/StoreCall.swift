// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// What a store behind HTTP is asked, for the errors that come of it.
struct StoreCall {
    let operation: String
    let subject: String
    let scope: TransferScope

    init(_ operation: String, _ subject: String, _ scope: TransferScope) {
        self.operation = operation
        self.subject = subject
        self.scope = scope
    }

    func error(_ cause: ObjectError.Cause, pause: Duration? = nil) -> ObjectError {
        ObjectError(operation, subject, cause, pause: pause)
    }

    /// No byte of an object is wanted.
    func nothing(of size: Int64?) -> ObjectError {
        error(.outside(size: size))
    }

    /// Asks by HTTP; a failure becomes that of the operation.
    func attempt<Result>(_ body: () throws(TransferError) -> Result) throws(ObjectError) -> Result {
        do throws(TransferError) { return try body() } catch {
            switch error.cause {
            case .cancelled: throw self.error(.cancelled)
            case .file(let error): throw self.error(.system(error))
            case .address, .security, .limit: throw self.error(.refused(error.reason))
            case .resolve, .connection, .time, .answer, .unanswered, .library:
                throw self.error(.unavailable(error.reason))
            }
        }
    }

    /// Throws if it was called off.
    func check() throws(ObjectError) {
        if scope.isCancelled { throw error(.cancelled) }
    }

    /// The body of an answer, up to a limit.
    func body(of transfer: Transfer, limit: Int) throws(ObjectError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = try attempt({ () throws(TransferError) in try transfer.read() }) {
            bytes += more
            guard bytes.count <= limit else {
                throw error(.unavailable("the answer is longer than \(limit) bytes"))
            }
        }
        return bytes
    }
}
