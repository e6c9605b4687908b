// SPDX-License-Identifier: Apache-2.0
internal import CTransfer
internal import Glibc
internal import Linux

/// A connection over TCP, or TLS on it, to a receiver that does not speak HTTP.
///
/// Belongs to one thread, which its calls block: none longer than it may, and none once the scope is called off.
/// Dropping it closes the connection, by TLS's own word for that where there is TLS.
public final class ByteStream {
    /// The receiver, for messages.
    public let peer: String
    /// The socket, for what the kernel knows of it; close it nowhere else.
    public let socket: Int32
    private let easy: UnsafeMutableRawPointer
    private let scope: TransferScope
    private let wake: Descriptor
    private let place: Int
    /// libcurl writes its reasons here as long as the handle lives.
    private let message: UnsafeMutablePointer<CChar>

    /// Connects; with a trust it is TLS, and with an identity in it both sides prove themselves.
    ///
    /// An IPv6 address is given without brackets.
    public convenience init(
        to host: String,
        port: UInt16,
        tls: TransferTrust? = nil,
        within patience: Duration = .seconds(10),
        in scope: TransferScope
    ) throws(TransferError) {
        let place = "\(host.contains(":") ? "[\(host)]" : host):\(port)"
        let peer = "\(tls == nil ? "tcp" : "tls")://\(place)"
        try self.init(place, host, path: nil, peer: peer, tls: tls, within: patience, in: scope)
    }

    /// Connects to a unix socket of this node, by its absolute path.
    public convenience init(
        unix path: String,
        within patience: Duration = .seconds(10),
        in scope: TransferScope
    ) throws(TransferError) {
        try self.init(
            "localhost",
            "localhost",
            path: path,
            peer: "unix://\(path)",
            tls: nil,
            within: patience,
            in: scope
        )
    }

    private init(
        _ place: String,
        _ host: String,
        path: String?,
        peer: String,
        tls: TransferTrust?,
        within patience: Duration,
        in scope: TransferScope
    ) throws(TransferError) {
        func failed(_ cause: TransferError.Cause) -> TransferError {
            TransferError("connect to", peer, cause)
        }
        let wake: Descriptor
        do throws(LinuxError) { wake = try Descriptor.event() } catch {
            throw failed(.library(error.description))
        }
        guard TransferEngine.isReady, let easy = curl_easy_init() else {
            throw failed(.library("libcurl cannot be started"))
        }
        let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        func close() {
            curl_easy_cleanup(easy)
            message.deallocate()
        }
        let scheme = tls == nil ? "http" : "https"
        // The scheme alone says whether there is TLS: nothing of HTTP is spoken.
        let url = "\(scheme)://\(place)/"
        let milliseconds = max(1, Int(patience / .milliseconds(1)))
        let codes = [
            martlet_curl_set_text(easy, CURLOPT_URL, url),
            martlet_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, scheme),
            martlet_curl_set_text(easy, CURLOPT_PROXY, ""),
            martlet_curl_set_long(easy, CURLOPT_CONNECT_ONLY, 1),
            martlet_curl_set_long(easy, CURLOPT_NOSIGNAL, 1),
            martlet_curl_set_long(easy, CURLOPT_SSL_ENABLE_ALPN, 0),
            martlet_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1),
            martlet_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
            martlet_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message),
            martlet_curl_set_long(easy, CURLOPT_NOPROGRESS, 0),
            martlet_curl_set_pointer(easy, CURLOPT_XFERINFODATA, Unmanaged.passUnretained(scope).toOpaque()),
            martlet_curl_set_progress(easy) { scope, _, _, _, _ in
                guard let scope else { return 0 }
                return Unmanaged<TransferScope>.fromOpaque(scope).takeUnretainedValue().isCancelled ? 1 : 0
            },
            martlet_curl_set_socket(easy) { _, _, address in
                guard let address else { return CURL_SOCKET_BAD }
                return Glibc.socket(
                    address.pointee.family,
                    address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
                    address.pointee.`protocol`
                )
            },
        ]
        guard codes.allSatisfy({ $0 == CURLE_OK }), tls?.configure(easy) ?? true,
            path.map({ martlet_curl_set_text(easy, CURLOPT_UNIX_SOCKET_PATH, $0) == CURLE_OK }) ?? true
        else {
            close()
            throw failed(.library("libcurl does not take what it is asked"))
        }
        let code = martlet_curl_perform(easy)
        guard code == CURLE_OK else {
            let cause =
                scope.isCancelled
                ? .cancelled : LibraryFailure(easy: easy, message: message, host: host).cause(code)
            close()
            throw failed(cause)
        }
        message.pointee = 0
        let socket = martlet_curl_active_socket(easy)
        guard socket >= 0, let entry = scope.enter({ wake.ring() }) else {
            close()
            throw failed(socket < 0 ? .connection("it broke at once") : .cancelled)
        }
        self.peer = peer
        self.socket = socket
        self.easy = easy
        self.scope = scope
        self.wake = wake
        self.place = entry
        self.message = message
    }

    deinit {
        scope.leave(place)
        curl_easy_cleanup(easy)
        message.deallocate()
    }

    /// Sends all of it: a receiver that takes nothing for as long as `patience` is an error.
    public func send(_ bytes: UnsafeRawBufferPointer, patience: Duration) throws(TransferError) {
        var sent = 0
        while sent < bytes.count {
            var count = 0
            let code = curl_easy_send(easy, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, &count)
            switch code {
            case CURLE_OK: sent += count
            case CURLE_AGAIN:
                guard try wait(for: Int16(POLLOUT), patience) else {
                    throw error("send to", .time("it took nothing for \(patience)"))
                }
            default: throw error("send to", cause(code))
            }
        }
    }

    /// Sends all of it.
    public func send(_ bytes: [UInt8], patience: Duration) throws(TransferError) {
        // Typed throws do not pass through `withUnsafeBytes`.
        let result: Result<Void, TransferError> = bytes.withUnsafeBytes { buffer in
            Result { () throws(TransferError) in try send(buffer, patience: patience) }
        }
        try result.get()
    }

    /// The next bytes, at most `limit`; empty at the end, nil if none came for as long as `patience`.
    public func receive(limit: Int = 4096, patience: Duration) throws(TransferError) -> [UInt8]? {
        while true {
            var count = 0
            var code = CURLE_OK
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
                code = curl_easy_recv(easy, buffer.baseAddress, limit, &count)
                filled = code == CURLE_OK ? count : 0
            }
            switch code {
            case CURLE_OK: return bytes
            case CURLE_AGAIN: guard try wait(for: Int16(POLLIN), patience) else { return nil }
            default: throw error("receive from", cause(code))
            }
        }
    }

    /// Has what has come acknowledged at once: a receiver may hold back its next short answers until it is (Nagle).
    ///
    /// The kernel goes back to waiting by itself, so this is said before each wait (tcp(7), TCP_QUICKACK).
    private func acknowledge() {
        var isOn: Int32 = 1
        // It fails for no TCP socket, and means nothing to another.
        _ = setsockopt(socket, Int32(IPPROTO_TCP), TCP_QUICKACK, &isOn, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Waits until the socket is ready; false if it is not for as long as `patience`.
    private func wait(for events: Int16, _ patience: Duration) throws(TransferError) -> Bool {
        if events == Int16(POLLIN) { acknowledge() }
        let end = ContinuousClock.now + patience
        while true {
            if scope.isCancelled { throw error("talk to", .cancelled) }
            var polled = [
                pollfd(fd: socket, events: events, revents: 0),
                pollfd(fd: wake.number, events: Int16(POLLIN), revents: 0),
            ]
            let left = ContinuousClock.now.duration(to: end)
            let count = poll(
                &polled,
                2,
                left <= .zero ? 0 : Int32(clamping: Int64(left / .milliseconds(1)) + 1)
            )
            if count > 0, polled[0].revents != 0 { return true }
            if count == 0, left <= .zero { return false }
        }
    }

    private func error(_ operation: String, _ cause: TransferError.Cause) -> TransferError {
        TransferError(operation, peer, cause)
    }

    private func cause(_ code: CURLcode) -> TransferError.Cause {
        LibraryFailure(easy: easy, message: message, host: peer).cause(code)
    }
}
