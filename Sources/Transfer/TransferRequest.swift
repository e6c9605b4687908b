// SPDX-License-Identifier: Apache-2.0
public import Linux

/// What is asked of a server.
public struct TransferRequest: Sendable {
    /// What goes along.
    public enum Body: Sendable {
        /// Nothing.
        case none
        /// Bytes that are there.
        case bytes([UInt8])
        /// A part of an open file, read as it is sent.
        case file(Descriptor, offset: Int64, count: Int64)

        var count: Int64 {
            switch self {
            case .none: 0
            case .bytes(let bytes): Int64(bytes.count)
            case .file(_, _, let count): count
            }
        }
    }

    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH` or `DELETE`.
    public var method: String
    /// Whom and what is asked.
    public var url: TransferURL
    /// Fields of the head; `Authorization` has its own place.
    public var fields: [(name: String, value: String)]
    /// The value of `Authorization`; goes to the origin of `url` alone, wherever that redirects to.
    public var authorization: String?
    /// What goes along.
    public var body: Body
    /// Which servers are believed to be who they say; of the origin of `url` alone.
    public var trust: TransferTrust
    /// How long it may take and how large the answer may be.
    public var limits: TransferLimits
    /// Where a connection may lead; nil is everywhere.
    public var ranges: Set<AddressRange>?
    /// How many redirects of a `GET` or `HEAD` are followed; none leads from https to http.
    public var redirects: Int
    /// Whoever asks has a pace of its own for a server that does not answer: the client's is not theirs.
    public var hasOwnPace = false
    /// The answer goes into a file: `Transfer.write(to:at:count:)`.
    public var isIntoFile = false
    /// Whether it may go out twice; what must not happen twice fails instead.
    ///
    /// A connection that was used before and breaks under a request leaves open whether that was heard, and the request
    /// is made once more on another one.
    public var mayRepeat = true
    /// Keeps the last byte of the body back; nil sends it all.
    public var hold: TransferHold?

    /// Whether the thread that drives it may have to wait for a disk.
    var isOfFile: Bool { if case .file = body { true } else { isIntoFile } }

    /// Describes a request.
    public init(
        _ method: String,
        _ url: TransferURL,
        fields: [(name: String, value: String)] = [],
        authorization: String? = nil,
        body: Body = .none,
        trust: TransferTrust = TransferTrust(),
        limits: TransferLimits = TransferLimits(),
        ranges: Set<AddressRange>? = nil,
        redirects: Int = 5
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.authorization = authorization
        self.body = body
        self.trust = trust
        self.limits = limits
        self.ranges = ranges
        self.redirects = redirects
    }
}
