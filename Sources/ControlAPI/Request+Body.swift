// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import HTTPTypes
internal import Hummingbird
internal import Keys
internal import NIOCore

extension Request {
    /// The whole body; a longer one is refused before it is read to its end.
    func body(upTo limit: Int) async throws -> ByteBuffer {
        if let text = headers[.contentLength], let length = Int(text), length > limit {
            throw Self.tooLarge(limit)
        }
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw Self.tooLarge(limit)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // Nobody is there to be told, but it is on record.
            throw ControlError(.invalid, "request", "the body did not come whole: \(error)")
        }
    }

    /// The generation that `If-Match` names (RFC 9110, section 13.1.1), which the app must have; nil if it names none.
    func expectedGeneration() throws -> Int? {
        guard let text = headers[.ifMatch] else { return nil }
        let digits =
            text.hasPrefix("\"") && text.hasSuffix("\"") && text.count > 2
            ? text.dropFirst().dropLast() : text[...]
        guard let number = Int(digits), (0...2_000_000_000).contains(number) else {
            throw ControlError(
                .invalid,
                "If-Match",
                "'\(text)' is not the number of a generation",
                "0 is an app that is not there"
            )
        }
        return number
    }

    /// The armoured signature of the body, in base64 in `Martlet-Signature`; nil if there is none.
    func signature() throws -> [UInt8]? {
        guard let text = HTTPField.Name("Martlet-Signature").flatMap({ headers[$0] }) else { return nil }
        guard let bytes = Base64.decode(text.utf8) else {
            throw ControlError(
                .invalid,
                "Martlet-Signature",
                "is not base64",
                "send what `base64 -w0 FILE.sig` prints"
            )
        }
        return bytes
    }

    private static func tooLarge(_ limit: Int) -> ControlError {
        ControlError(.tooLarge, "request", "the body is larger than \(limit) bytes", "send less")
    }
}
