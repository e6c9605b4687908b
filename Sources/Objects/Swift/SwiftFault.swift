// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// Why a Swift, or who gives tokens for it, did not do what it was asked.
struct SwiftFault {
    private let status: Int
    /// What the server calls the request, for whoever reads its log.
    private let transaction: String?
    /// What it says of it.
    private let message: String?

    init(_ response: TransferResponse, message: String? = nil) {
        status = response.status
        transaction = (response["x-trans-id"] ?? response["x-openstack-request-id"]).map {
            Self.short($0, 80)
        }
        self.message = message.map { Self.short($0, 200) }
    }

    private var said: String {
        ["status \(status)", message, transaction].compactMap { $0 }.joined(separator: ", ")
    }

    /// What it means to whoever asked for a token.
    var loginCause: ObjectError.Cause {
        switch status {
        case 401, 403: .refused("\(said): see to the credentials under auth")
        case 404: .refused("\(said): see to auth_url")
        case 408, 409, 429, 498, 500...599: status == 501 ? .refused(said) : .unavailable(said)
        default: .refused(said)
        }
    }

    /// What it means to whoever asked for an object, or a container.
    var cause: ObjectError.Cause {
        switch status {
        // What was put is older than what is there, by the store's clocks: it comes to nothing, and 202 says so.
        case 202: .unavailable("\(said): the store has a newer one already")
        case 401: .refused("\(said): the store does not take its own tokens: see to its clock, and to auth")
        case 403: .refused("\(said): let the user under auth do it")
        case 404: .absent
        case 413: .refused("\(said): larger than the store takes, or than the quota")
        case 422: .unavailable("\(said): the bytes were changed on their way")
        case 501: .refused("\(said): the store cannot")
        // Slow down; its older form is 498.
        case 408, 409, 429, 498, 500...599: .unavailable(said)
        default: .refused(said)
        }
    }

    private static func short(_ text: String, _ count: Int) -> String {
        String(text.prefix(count).map { $0.isNewline || $0.isWhitespace ? " " : $0 })
    }
}
