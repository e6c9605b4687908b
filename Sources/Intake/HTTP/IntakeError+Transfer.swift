// SPDX-License-Identifier: Apache-2.0
internal import Transfer

extension IntakeError {
    private static let absent = "the server does not have it (404)"

    /// A transfer that failed.
    init(_ error: TransferError) {
        // A body that is too large will be no smaller in a moment.
        if case .limit(let text) = error.cause {
            self.init(.refused, error.subject, text)
        } else {
            self.init(.unreachable, "", "\(error)")
        }
    }

    /// An answer that is not what was asked for.
    init(_ response: TransferResponse) {
        let what =
            switch response.status {
            case 401, 403: "the server wants to know who asks (\(response.status)): see 'auth'"
            case 404, 410: Self.absent
            case 500...: "the server has a problem (\(response.status))"
            default: "the server answers \(response.status)"
            }
        self.init(.unreachable, "\(response.url)", what)
        retryAfter = response.retryAfter
    }

    /// Whether the server says that there is no such thing.
    var isAbsent: Bool { kind == .unreachable && cause == Self.absent }
}
