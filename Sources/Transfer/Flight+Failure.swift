// SPDX-License-Identifier: Apache-2.0
internal import CTransfer
internal import Glibc

extension Flight {
    /// How libcurl's end of the transfer reads, once what came last is in its file.
    func end(_ code: CURLcode) -> Result<Void, TransferError> {
        guard code != CURLE_OK else {
            return Result { () throws(TransferError.Cause) in try gathered?.flush() }.mapError(error)
        }
        if let failure { return .failure(error(failure)) }
        if let refusal, [CURLE_COULDNT_CONNECT, CURLE_ABORTED_BY_CALLBACK].contains(code) {
            return .failure(error(.address(refusal)))
        }
        return .failure(
            error(LibraryFailure(easy: easy, message: message, host: request.url.host).cause(code))
        )
    }
}

/// A failure of libcurl in our words, with what helps.
struct LibraryFailure {
    let easy: UnsafeMutableRawPointer?
    let message: UnsafePointer<CChar>
    let host: String

    /// Why the handle's last call failed.
    func cause(_ code: CURLcode) -> TransferError.Cause {
        let detail =
            message.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: message)
        // "SSL" stays as it is.
        let isWord = detail.dropFirst().first?.isUppercase == false
        let text =
            (isWord ? detail.prefix(1).lowercased() : String(detail.prefix(1)))
            + detail.dropFirst().prefix(300)
        return switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .resolve(text)
        case CURLE_COULDNT_CONNECT: .connection(connection(text))
        case CURLE_SSL_CONNECT_ERROR: handshake(text)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: .connection(text)
        case CURLE_OPERATION_TIMEDOUT: .time(text)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2,
            CURLE_HTTP2_STREAM, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            .answer(text)
        case CURLE_PEER_FAILED_VERIFICATION: .security(certificate(text))
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED:
            .security(text)
        default: .library(text)
        }
    }

    /// The kernel's reason, which libcurl keeps to itself.
    private func connection(_ text: String) -> String {
        let number = easy.map { martlet_curl_long($0, CURLINFO_OS_ERRNO) } ?? 0
        guard number != 0, let reason = strerror(Int32(clamping: number)) else { return text }
        return text.replacing("Couldn't connect to server", with: String(cString: reason))
    }

    /// What is wrong with a certificate, by OpenSSL's `X509_V_ERR` numbers.
    private func certificate(_ text: String) -> String {
        // The name is compared by libcurl, after OpenSSL found nothing.
        if text.contains("subject name") {
            return
                "\(text): ask the server by a name in its certificate, or have it issued for \(host)"
        }
        let remedy: String? =
            switch easy.map({ martlet_curl_long($0, CURLINFO_SSL_VERIFYRESULT) }) ?? 0 {
            case 9: "set the clock of this node, or wait until it is"
            case 10: "renew it at the server, or set the clock of this node"
            case 2, 18, 19, 20, 21:
                "name who may vouch for the server as its 'ca' in node.yaml, or add them to the system's authorities"
            case 66, 67, 68: "have one issued with RSA of 2048 bits or P-256, and SHA-256"
            default: nil
            }
        return text + (remedy.map { ": \($0)" } ?? "")
    }

    /// A handshake that failed: no common ground will be there the next time, a connection that broke may.
    private func handshake(_ text: String) -> TransferError.Cause {
        if ["wrong version number", "packet length too long", "http request"].contains(where: text.contains) {
            return .security("\(text): no TLS is spoken there: ask another port, or have the server speak it")
        }
        let ends = [
            "protocol version", "unsupported protocol", "no protocols available", "handshake failure",
            "no shared cipher", "insufficient security", "bad signature", "wrong signature type",
        ]
        guard ends.contains(where: text.contains) else { return .connection(text) }
        return .security("\(text): have the server speak TLS 1.2 or 1.3 with today's ciphers")
    }
}
