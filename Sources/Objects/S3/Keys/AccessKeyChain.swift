// SPDX-License-Identifier: Apache-2.0
internal import Linux
public import Transfer

/// The access key that a node has without one being named, where AWS's tools find theirs: the environment, a web
/// identity, the shared credentials file, and what the cloud says of this machine; the first that is set up.
public struct AccessKeyChain: AccessKeySource {
    private let environment: [String: String]
    private let region: String
    private let client: TransferClient
    private let read: @Sendable (String) throws -> [UInt8]

    /// - Parameters:
    ///   - environment: The variables; `AWS_ACCESS_KEY_ID` and its like count.
    ///   - region: Where a web identity is shown.
    ///   - client: Who asks for keys.
    ///   - read: The bytes of a file by its absolute path, of bounded size; throws with the remedy.
    public init(
        environment: [String: String],
        region: String,
        client: TransferClient,
        read: @escaping @Sendable (String) throws -> [UInt8]
    ) {
        self.environment = environment
        self.region = region
        self.client = client
        self.read = read
    }

    /// The key of the first place that is set up; one that is and has no key is an error, and no reason to go on.
    public func key(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError) -> AccessKey {
        if let id = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
            guard
                let key = AccessKeyText.checked(id, secret, session: value("AWS_SESSION_TOKEN"), ends: nil)
            else {
                throw ObjectError("read", "AWS_ACCESS_KEY_ID", .refused("is no access key: set another one"))
            }
            return key
        }
        if let token = value("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = value("AWS_ROLE_ARN") {
            let identity = WebIdentity(
                role: role,
                session: value("AWS_ROLE_SESSION_NAME") ?? "martlet",
                endpoint: value("AWS_ENDPOINT_URL_STS") ?? "https://sts.\(region).amazonaws.com/",
                client: client
            )
            do { return try identity.key(showing: try read(token), in: scope) } catch let error as ObjectError
            {
                throw error
            } catch {
                throw ObjectError("read", token, .unavailable("\(error)"))
            }
        }
        if let file = value("AWS_SHARED_CREDENTIALS_FILE") ?? value("HOME").map({ "\($0)/.aws/credentials" })
        {
            let profile = value("AWS_PROFILE") ?? "default"
            do throws(ObjectError) {
                let read = read
                return try AccessKeyFile(file, profile: profile) { try read(file) }.key(
                    insteadOf: nil,
                    in: scope
                )
            } catch {
                // One that nobody asked for need not be there.
                if value("AWS_SHARED_CREDENTIALS_FILE") != nil { throw error }
                if case .refused = error.cause { throw error }
            }
        }
        guard value("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
            throw ObjectError("find", "an access key", .refused("there is none: name one under auth"))
        }
        let endpoint = value("AWS_EC2_METADATA_SERVICE_ENDPOINT") ?? "http://169.254.169.254"
        return try MachineRole(endpoint: endpoint, client: client).key(in: scope)
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
