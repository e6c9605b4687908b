// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// Why a store did not do what it was asked: the status, and what the XML behind it says.
struct S3Fault {
    let status: Int
    /// `NoSuchKey`, `SlowDown`, ...; empty if the store says nothing.
    let code: String
    private let message: String
    private let region: String?

    /// What an answer's body says; a body that is no error is nil.
    init?(status: Int, body: [UInt8]) {
        guard let root = XMLElement.parse(body), root.name == "Error" else { return nil }
        self.init(status: status, element: root)
    }

    /// What an element of an answer says.
    init(status: Int, element root: XMLElement) {
        self.status = status
        code = Self.short(root["Code"] ?? "", 64)
        message = Self.short(root["Message"] ?? "", 200)
        region = root["Region"].map { Self.short($0, 64) }
    }

    /// An answer that says no more than its status.
    init(status: Int) {
        self.status = status
        (code, message, region) = ("", "", nil)
    }

    /// The clock that signed is not the store's.
    var isSkew: Bool { code == "RequestTimeTooSkewed" || code == "RequestExpired" }

    /// The key ends, or has ended.
    var isStaleKey: Bool {
        ["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken"].contains(code)
    }

    /// The store does not know what was asked.
    var isUnknown: Bool { status == 501 || code == "NotImplemented" }

    /// What it means to whoever asked.
    func cause(_ place: S3Place) -> ObjectError.Cause {
        let said = [code.isEmpty ? "status \(status)" : code, message].filter { !$0.isEmpty }
            .joined(separator: ": ")
        switch code {
        case "NoSuchKey", "NoSuchVersion": return .absent
        case "NoSuchBucket":
            return .refused("there is no bucket '\(place.bucket)' at \(place.endpoint.authority): make it")
        case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
            let remedy =
                region.map { "set region: \($0)" } ?? "set the region, and the endpoint, of the bucket"
            return .refused("\(said): \(remedy)")
        case "SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidSecurity":
            return .refused("\(said): see to the access key under auth")
        case "RequestTimeTooSkewed", "RequestExpired": return .refused("\(said): set the clock of this node")
        case "AccessDenied", "AllAccessDisabled":
            return .refused(
                "\(said): let this access key do it; one that may not list is told so for what is absent, too"
            )
        case "NotImplemented": return .refused("the store cannot: \(said)")
        case "BadDigest", "IncompleteBody", "RequestTimeout", "OperationAborted",
            "ConditionalRequestConflict",
            "SlowDown", "TooManyRequests", "InternalError", "ServiceUnavailable":
            return .unavailable(said)
        default: break
        }
        switch status {
        case 404: return .absent
        case 403: return .refused("\(said): let this access key do it")
        case 301, 307, 308: return .refused("\(said): set the region, and the endpoint, of the bucket")
        case 501: return .refused("the store cannot: \(said)")
        case 200, 408, 409, 429, 500...599: return .unavailable(said)
        default: return .refused(said)
        }
    }

    private static func short(_ text: String, _ count: Int) -> String {
        String(text.prefix(count).map { $0.isNewline || $0.isWhitespace ? " " : $0 })
    }
}
