// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// What proves to a registry who we are.
enum Credentials: Equatable, Sendable {
    /// A name and a password.
    case password(user: String, password: String)
    /// A token that is given for others ("identity token").
    case refreshToken(String)

    /// The value of `Authorization` for `Basic`; nil for a token.
    var basic: String? {
        guard case .password(let user, let password) = self else { return nil }
        return "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    /// What stands in the field `auth` of a credential file: `USER:PASSWORD` in base 64.
    init?(auth: String) {
        guard let data = Data(base64Encoded: auth), let text = String(validating: data, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { return nil }
        // Some writers pad with NUL.
        let password = text[text.index(after: colon)...].reversed().drop { $0 == "\0" }.reversed()
        self = .password(user: String(text[..<colon]), password: String(password))
    }
}
