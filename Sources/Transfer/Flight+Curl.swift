// SPDX-License-Identifier: Apache-2.0
internal import CTransfer
internal import Glibc

/// A request in libcurl's options.
extension Flight {
    /// Sets all options; false if one of them is not taken.
    func configure(_ easy: UnsafeMutableRawPointer) -> Bool {
        guard let list = headerList() else { return false }
        self.list = list
        let limits = request.limits
        let isPlain = request.url.scheme == "http"
        var isTaken = true
        func set(_ option: CURLoption, _ value: Int) {
            isTaken = martlet_curl_set_long(easy, option, value) == CURLE_OK && isTaken
        }
        func set(_ option: CURLoption, _ value: String?) {
            isTaken = martlet_curl_set_text(easy, option, value) == CURLE_OK && isTaken
        }
        set(CURLOPT_URL, request.url.text)
        set(CURLOPT_PROTOCOLS_STR, isPlain ? "http" : "https")
        set(CURLOPT_USERAGENT, "martlet")
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_HTTP_CONTENT_DECODING, 0)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        // One that is being made may turn out to carry several: rather wait for it than make another.
        set(CURLOPT_PIPEWAIT, 1)
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        if request.body.count > 256 << 10 { set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10) }
        // On a connection of its own libcurl repeats nothing; with a body it would have to go back in it (`seek`).
        set(CURLOPT_FRESH_CONNECT, request.mayRepeat || request.body.count > 0 ? 0 : 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, limits.connect.milliseconds)
        set(CURLOPT_TIMEOUT_MS, limits.total?.milliseconds ?? 0)
        set(CURLOPT_LOW_SPEED_LIMIT, limits.slowest)
        set(CURLOPT_LOW_SPEED_TIME, max(1, limits.patience.milliseconds / 1000))
        isTaken = request.trust.configure(easy) && isTaken
        setMethod(easy, set)
        let this = Unmanaged.passUnretained(self).toOpaque()
        let codes = [
            martlet_curl_set_list(easy, CURLOPT_HTTPHEADER, list),
            martlet_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, message),
            martlet_curl_set_pointer(easy, CURLOPT_HEADERDATA, this),
            martlet_curl_set_pointer(easy, CURLOPT_WRITEDATA, this),
            martlet_curl_set_pointer(easy, CURLOPT_READDATA, this),
            martlet_curl_set_pointer(easy, CURLOPT_SEEKDATA, this),
            martlet_curl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, this),
            martlet_curl_set_pointer(easy, CURLOPT_PREREQDATA, this),
            martlet_curl_set_bytes(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, this in
                guard let flight = Flight.from(this) else { return 0 }
                return flight.take(line: UnsafeRawBufferPointer(start: bytes, count: size * count))
                    ? size * count : 0
            },
            martlet_curl_set_bytes(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, this in
                Flight.from(this)?.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
            },
            martlet_curl_set_bytes(easy, CURLOPT_READFUNCTION) { bytes, size, count, this in
                Flight.from(this)?.give(UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
                    ?? Int(CURL_READFUNC_ABORT)
            },
            martlet_curl_set_seek(easy) { this, offset, origin in
                guard origin == SEEK_SET, Flight.from(this)?.seek(Int64(offset)) == true else {
                    return CURL_SEEKFUNC_FAIL
                }
                return CURL_SEEKFUNC_OK
            },
            martlet_curl_set_socket(easy) { this, _, address in
                guard let address, let flight = Flight.from(this) else { return CURL_SOCKET_BAD }
                return flight.socket(address)
            },
            martlet_curl_set_ready(easy) { this, address, _, _, _ in
                guard let address, Flight.from(this)?.mayAsk(String(cString: address)) == true else {
                    return CURL_PREREQFUNC_ABORT
                }
                return CURL_PREREQFUNC_OK
            },
        ]
        return isTaken && codes.allSatisfy { $0 == CURLE_OK }
    }

    private static func from(_ pointer: UnsafeMutableRawPointer?) -> Flight? {
        pointer.map { Unmanaged<Flight>.fromOpaque($0).takeUnretainedValue() }
    }

    private func setMethod(_ easy: UnsafeMutableRawPointer, _ set: (CURLoption, Int) -> Void) {
        let count = request.body.count
        switch request.method {
        case "GET": set(CURLOPT_HTTPGET, 1)
        case "HEAD": set(CURLOPT_NOBODY, 1)
        case "POST":
            set(CURLOPT_POST, 1)
            martlet_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, count)
        case "PUT", "PATCH":
            set(CURLOPT_UPLOAD, 1)
            martlet_curl_set_size(easy, CURLOPT_INFILESIZE_LARGE, count)
            martlet_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method)
        default: martlet_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    /// The fields of the head; nil if one of them would break it.
    private func headerList() -> UnsafeMutablePointer<curl_slist>? {
        var fields = request.fields + [("Expect", request.hold == nil ? "" : "100-continue")]
        if let authorization = request.authorization { fields.append(("Authorization", authorization)) }
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in fields {
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }),
                let longer = curl_slist_append(list, "\(name):\(value.isEmpty ? "" : " " + value)")
            else {
                failure = .library("the value of \(name) is no value of a field")
                curl_slist_free_all(list)
                return nil
            }
            list = longer
        }
        return list
    }
}

extension Duration {
    /// Whole milliseconds, at least one for what is longer than nothing.
    fileprivate var milliseconds: Int {
        let (seconds, fraction) = components
        let value = Int(clamping: seconds) * 1000 + Int(fraction / 1_000_000_000_000_000)
        return self > .zero ? max(1, value) : 0
    }
}
