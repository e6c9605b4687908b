// SPDX-License-Identifier: Apache-2.0
public import Transfer

/// Who asks S3: the name of a key, and its secret.
///
/// Its description, and so a message, holds no secret.
public struct AccessKey: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The name of the key.
    public let id: String
    /// What signatures are made with.
    public let secret: String
    /// What a key that ends has to be shown with.
    public let session: String?
    /// When it ends; seconds since 1970.
    public let ends: Int64?

    /// A key; one with a session usually ends.
    public init(id: String, secret: String, session: String? = nil, ends: Int64? = nil) {
        self.id = id
        self.secret = secret
        self.session = session
        self.ends = ends
    }

    /// The name alone.
    public var description: String { "access key \(id)" }
    /// The name alone.
    public var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// Where an access key comes from.
public protocol AccessKeySource: Sendable {
    /// The key of now.
    ///
    /// - Parameters:
    ///   - refused: The key that the store does not take any more: another one is wanted, if there is one.
    ///   - scope: Ends it early.
    /// - Returns: The key.
    /// - Throws: If there is none (`refused`), or it cannot be had at present (`unavailable`).
    func key(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError) -> AccessKey
}

extension AccessKey: AccessKeySource {
    /// Itself.
    public func key(insteadOf refused: AccessKey?, in scope: TransferScope) throws(ObjectError) -> AccessKey {
        self
    }
}
