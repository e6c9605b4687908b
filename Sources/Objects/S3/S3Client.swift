// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
internal import Transfer

/// A question to S3.
struct S3Request {
    var method: String
    /// Nil for the bucket.
    var key: String?
    var query: [(name: String, value: String)] = []
    var fields: [(name: String, value: String)] = []
    var body = TransferRequest.Body.none
    /// What is signed for the body: its SHA-256 in hexadecimal digits, or that it is not signed.
    var payload = S3Request.empty
    var mayRepeat = true
    /// Keeps the last byte of the body back.
    var hold: TransferHold?
    /// The answer goes into a file.
    var isIntoFile = false
    /// How long the store may say nothing.
    var patience: Duration?

    /// The SHA-256 of nothing.
    static let empty = HashFunction.sha256.hex([])
    /// The body is not signed: something else is, that tells what it has to be.
    static let unsigned = "UNSIGNED-PAYLOAD"

    /// Has their CRC-32C say what the bytes of the body must be, and not what is signed.
    mutating func prove(byChecksum bytes: [UInt8]) {
        fields.append(("x-amz-checksum-crc32c", Base64.encode(S3Checksum.of(bytes))))
        payload = Self.unsigned
    }

    /// Sends bytes, which are signed.
    mutating func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        body = .bytes(bytes)
        payload = HashFunction.sha256.hex(bytes)
    }
}

/// Asks one bucket: signs, and knows what the errors mean.
///
/// The signature is over all that is sent, the body included, so that nobody on the way can take a condition away.
final class S3Client: Sendable {
    /// What was learnt of the store.
    struct State {
        /// How far the store's clock is ahead of ours, in seconds.
        var ahead: Int64 = 0
        /// It has no list of the second version.
        var listsOld = false
        /// In which order it lists; nil before that was found out.
        var order: S3ListOrder?
        /// It has no request that deletes many.
        var deletesOne = false
        /// It compares the hash that a request was signed with with what came; nil before that was found out.
        var checksPayload: Bool?
        /// It compares a CRC-32C that is sent with the bytes with what came.
        var checksSum = false
        /// What it promises; nil before it was probed.
        var promises: StorePromises?
        /// Somebody is about to find out.
        var isProbed = false
    }

    static let maximumError = 64 << 10

    let place: S3Place
    let state = Monitor(State())
    private let client: TransferClient
    let keys: any AccessKeySource
    let trust: @Sendable () throws(ObjectError) -> TransferTrust
    private let now: @Sendable () -> Int64

    init(
        _ place: S3Place,
        _ client: TransferClient,
        _ keys: any AccessKeySource,
        trust: @escaping @Sendable () throws(ObjectError) -> TransferTrust,
        now: @escaping @Sendable () -> Int64
    ) {
        self.place = place
        self.client = client
        self.keys = keys
        self.trust = trust
        self.now = now
    }

    /// An answer whose status is one of these; all else is an error.
    ///
    /// A clock that is wrong and a key that has ended are put right once.
    func ask(_ request: S3Request, for statuses: Set<Int>, _ call: StoreCall) throws(ObjectError) -> Transfer
    {
        var hasClock = false, hasKey = false
        var key = try keys.key(insteadOf: nil, in: call.scope)
        while true {
            let signed = try sign(request, key)
            let transfer = try call.attempt { () throws(TransferError) in
                try client.send(signed, in: call.scope)
            }
            let response = transfer.response
            if statuses.contains(response.status) { return transfer }
            var fault = try fault(transfer, call)
            if request.method == "HEAD", let reason = try reason(of: fault, request, key, call) {
                fault = reason
            }
            if fault.isSkew, !hasClock, let date = response.date {
                hasClock = true
                state.hold { $0.ahead = date - now() }
                continue
            }
            if fault.isStaleKey, !hasKey {
                hasKey = true
                key = try keys.key(insteadOf: key, in: call.scope)
                continue
            }
            throw call.error(fault.cause(place), pause: response.retryAfter)
        }
    }

    /// Has a request say what its body must be, by the hash that the store was seen to compare, or by two where none was
    /// tried: a second one would cost more time than all else does.
    ///
    /// - Parameters:
    ///   - request: What has a body.
    ///   - checksPayload: Whether it compares the hash that is signed.
    ///   - hash: The body's; empty for MD5 where the system allows none.
    /// - Throws: What `hash` throws.
    func prove(
        _ request: inout S3Request,
        _ checksPayload: Bool?,
        _ hash: (HashFunction) throws(ObjectError) -> [UInt8]
    ) throws(ObjectError) {
        let md5 = checksPayload == true ? [] : try hash(.md5)
        if !md5.isEmpty { request.fields.append(("Content-MD5", Base64.encode(md5))) }
        let isEnough = checksPayload == false && !md5.isEmpty
        request.payload = isEnough ? S3Request.unsigned : HashFunction.hex(of: try hash(.sha256))
    }

    /// The same for bytes in memory.
    ///
    /// Where nobody on the way can change them on purpose, their CRC-32C is enough if the store was seen to compare it: it
    /// costs next to nothing.
    func prove(_ request: inout S3Request, _ bytes: [UInt8]) throws(ObjectError) {
        let (checksSum, checksPayload) = state.hold { ($0.checksSum, $0.checksPayload) }
        guard checksSum, place.isTamperProof else {
            return try prove(&request, checksPayload) { $0.hash(bytes) }
        }
        request.prove(byChecksum: bytes)
    }

    /// Asks for what has no answer beyond its status; one that is an error all the same is one.
    func perform(_ request: S3Request, for statuses: Set<Int>, _ call: StoreCall) throws(ObjectError) -> Int {
        try read(request, for: statuses, call).response.status
    }

    /// Asks for an answer that is small; one that is an error all the same is one.
    func read(_ request: S3Request, for statuses: Set<Int>, limit: Int = maximumError, _ call: StoreCall)
        throws(ObjectError) -> (response: TransferResponse, body: [UInt8])
    {
        let transfer = try ask(request, for: statuses, call)
        let status = transfer.response.status
        let body = try call.body(of: transfer, limit: limit)
        if status < 300, let fault = S3Fault(status: status, body: body) {
            throw call.error(fault.cause(place), pause: transfer.response.retryAfter)
        }
        return (transfer.response, body)
    }

    /// What an answer that is none says.
    func fault(_ transfer: Transfer, _ call: StoreCall) throws(ObjectError) -> S3Fault {
        let status = transfer.response.status
        let body = try call.body(of: transfer, limit: Self.maximumError)
        return S3Fault(status: status, body: body) ?? S3Fault(status: status)
    }

    /// Why a HEAD was refused, to which no answer has a body (RFC 9110, 9.3.2): a GET of one byte needs the same right, and
    /// is told why not; nil where nobody is.
    private func reason(of fault: S3Fault, _ request: S3Request, _ key: AccessKey, _ call: StoreCall)
        throws(ObjectError) -> S3Fault?
    {
        guard fault.status == 400 || fault.status == 403 else { return nil }
        var request = request
        request.method = "GET"
        request.fields.append(("Range", "bytes=0-0"))
        let signed = try sign(request, key)
        let transfer = try call.attempt { () throws(TransferError) in
            try client.send(signed, in: call.scope)
        }
        return transfer.response.status < 400 ? nil : try self.fault(transfer, call)
    }

    /// Seconds since 1970 by the store's clock, as far as it is known.
    var time: Int64 { now() + state.hold { $0.ahead } }
}
