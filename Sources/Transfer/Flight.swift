// SPDX-License-Identifier: Apache-2.0
internal import CTransfer
internal import Glibc
internal import Linux

/// A transfer between the engine's thread, which libcurl calls back on, and the thread that reads.
///
/// What is not in `state` is touched on the engine's thread alone, from its start on: hence `@unchecked`.
final class Flight: @unchecked Sendable {
    /// What both threads see.
    struct State {
        var response: TransferResponse?
        var ready: [UInt8] = []
        /// The engine waits for room in `ready`.
        var isFull = false
        /// Where the body goes instead.
        var place: FilePlace?
        /// How many bytes the body had.
        var count: Int64 = 0
        var end: Result<Void, TransferError>?
    }

    /// Bytes that wait for their reader at most, but for one call of libcurl.
    static let room = 1 << 20

    let request: TransferRequest
    let state = Monitor(State())

    // Of the engine's thread.
    var easy: UnsafeMutableRawPointer?
    var list: UnsafeMutablePointer<curl_slist>?
    let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    /// Why we ended it ourselves.
    var failure: TransferError.Cause?
    /// An address that was not allowed.
    var refusal: String?
    private var status = 0
    private var fields: [(name: String, value: String)] = []
    private var headCount = 0
    private var hasHead = false
    private var received: Int64 = 0
    /// What goes into a file, and is not there yet.
    private(set) var gathered: GatheredBytes?
    /// A head or bytes have come that their reader was not told of.
    private var hasNews = false
    private var sent: Int64 = 0

    init(_ request: TransferRequest) {
        self.request = request
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { message.deallocate() }

    func error(_ cause: TransferError.Cause) -> TransferError {
        TransferError(request.method, request.url.description, cause)
    }

    // MARK: The reader's side

    func head() throws(TransferError) -> TransferResponse {
        let result: Result<TransferResponse, TransferError> = state.wait { state in
            if let response = state.response { return .success(response) }
            if case .failure(let error) = state.end { return .failure(error) }
            return state.end.map { _ in .failure(error(.answer("there was no answer"))) }
        }
        return try result.get()
    }

    /// The next bytes, nil after the last, and whether the engine has room again.
    func read() throws(TransferError) -> ([UInt8]?, mayGoOn: Bool) {
        let result: Result<([UInt8]?, mayGoOn: Bool), TransferError> = state.wait { state in
            if !state.ready.isEmpty {
                let bytes = state.ready
                state.ready = []
                defer { state.isFull = false }
                return .success((bytes, state.isFull))
            }
            return state.end.map { $0.map { (nil, false) } }
        }
        return try result.get()
    }

    /// Has the body go to a file, and gives what of it has come already, and whether the engine has room again.
    func divert(to place: FilePlace) -> ([UInt8], mayGoOn: Bool) {
        state.hold { state in
            let came = (state.ready, state.isFull)
            (state.ready, state.isFull, state.place) = ([], false, place)
            return came
        }
    }

    /// Waits for the end: how many bytes the body had.
    func count() throws(TransferError) -> Int64 {
        let result: Result<Int64, TransferError> = state.wait { state in
            state.end.map { end in end.map { state.count } }
        }
        return try result.get()
    }

    // MARK: The engine's side

    func finish(_ end: Result<Void, TransferError>) {
        request.hold?.end()
        hasNews = false
        state.change { state in
            guard state.end == nil else { return }
            state.end = end
            state.count = received
        }
    }

    /// Tells the reader of what has come and is not all: a head, or the 16 KiB that libcurl gives at a time, are not worth
    /// a thread's waking up.
    func announce() {
        guard hasNews else { return }
        hasNews = false
        state.wake()
    }

    /// Takes a line of the head; false ends the transfer.
    func take(line bytes: UnsafeRawBufferPointer) -> Bool {
        headCount += bytes.count
        guard headCount <= request.limits.head else {
            failure = .limit("the head of the answer is longer than \(request.limits.head) bytes")
            return false
        }
        guard !hasHead else { return true }  // a trailer: nothing in it is needed
        let line = String(decoding: bytes, as: UTF8.self).filter { $0 != "\r\n" && $0 != "\n" && $0 != "\r" }
        if line.hasPrefix("HTTP/") {
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            fields = []
        } else if line.isEmpty {
            guard status >= 200 else { return true }  // 1xx: the answer follows
            hasHead = true
            let address = easy.flatMap { martlet_curl_text($0, CURLINFO_PRIMARY_IP) }.map {
                String(cString: $0)
            }
            let response = TransferResponse(
                status: status,
                url: request.url,
                address: address,
                fields: fields
            )
            request.hold?.end()
            state.hold { $0.response = response }
            hasNews = true
        } else if let colon = line.firstIndex(of: ":") {
            fields.append((line[..<colon].lowercased(), line[line.index(after: colon)...].trimmed))
        }
        return true
    }

    /// Takes bytes of the body: how many, or `CURL_WRITEFUNC_PAUSE` to get them again later.
    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard received + Int64(bytes.count) <= request.limits.body else {
            failure = .limit("the answer is longer than \(request.limits.body) bytes")
            return 0
        }
        let (place, isTaken) = state.hold { state -> (FilePlace?, Bool) in
            if let place = state.place { return (place, true) }
            guard state.ready.isEmpty || state.ready.count + bytes.count <= Self.room else {
                state.isFull = true
                return (nil, false)
            }
            if state.ready.isEmpty {
                state.ready.reserveCapacity(min(Self.room, max(bytes.count, 256 << 10)))
            }
            state.ready.append(contentsOf: bytes)
            return (nil, true)
        }
        if place == nil { hasNews = true }
        guard isTaken else { return Int(CURL_WRITEFUNC_PAUSE) }
        if let place {
            let gathered = gathered ?? GatheredBytes(for: place, after: received)
            self.gathered = gathered
            do throws(TransferError.Cause) { try gathered.add(bytes) } catch {
                failure = error
                return 0
            }
        }
        received += Int64(bytes.count)
        return bytes.count
    }

    /// Gives bytes to send: how many, `CURL_READFUNC_PAUSE` for later, or `CURL_READFUNC_ABORT`.
    func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = Int(min(Int64(buffer.count), request.body.count - sent))
        guard count > 0 else { return 0 }
        if let hold = request.hold, sent + Int64(count) == request.body.count,
            !hold.state.hold({ $0.isReleased })
        {
            count -= 1
            if count == 0 {
                let isReleased = hold.state.change { state in
                    state.isReached = true
                    return state.isReleased
                }
                guard isReleased else { return Int(CURL_READFUNC_PAUSE) }
                count = 1
            }
        }
        switch request.body {
        case .none: return 0
        case .bytes(let bytes):
            buffer.copyBytes(from: bytes[Int(sent)..<(Int(sent) + count)])
            sent += Int64(count)
            return count
        case .file(let file, let offset, _):
            while true {
                let done = pread(file.number, buffer.baseAddress, count, off_t(offset + sent))
                if done < 0, errno == EINTR { continue }
                guard done > 0 else {
                    failure = .library("what was to be sent cannot be read, or has become shorter")
                    return Int(CURL_READFUNC_ABORT)
                }
                sent += Int64(done)
                return done
            }
        }
    }

    /// Goes to a place in what is sent: a connection broke before anything came back.
    func seek(_ offset: Int64) -> Bool {
        guard offset >= 0, offset <= request.body.count, request.mayRepeat || sent == 0 else { return false }
        sent = offset
        return true
    }

    /// A socket for an address, if a connection may lead there.
    func socket(_ address: UnsafePointer<curl_sockaddr>) -> Int32 {
        let (family, type, transport) = (
            address.pointee.family, address.pointee.socktype, address.pointee.`protocol`
        )
        if request.ranges != nil {
            let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
            let range = AddressRange(UnsafeRawPointer(address) + offset, family: family)
            guard mayLead(to: range) else { return CURL_SOCKET_BAD }
        }
        return Glibc.socket(family, type | Int32(SOCK_CLOEXEC.rawValue), transport)
    }
    /// Whether the address that a connection leads to may be asked: one that others opened was judged by other rules.
    func mayAsk(_ address: String) -> Bool {
        request.ranges == nil || mayLead(to: AddressRange(address) ?? .reserved)
    }

    private func mayLead(to range: AddressRange) -> Bool {
        guard let allowed = request.ranges, !allowed.contains(range) else { return true }
        refusal = "the name leads to a \(range.rawValue) address: nobody outside may send us there"
        return false
    }
}
