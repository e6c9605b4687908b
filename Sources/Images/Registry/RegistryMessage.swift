// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// What a registry says about an error (distribution specification, "Error Codes"), or a token service (RFC 6749, 5.2).
enum RegistryMessage {
    /// The first error of an answer on one short line; empty if it has none.
    static func read(_ transfer: Transfer) -> String {
        struct Errors: Decodable {
            struct Item: Decodable {
                var code: String?
                var message: String?
            }
            var errors: [Item]?
            var error: String?
            var error_description: String?
        }
        var bytes: [UInt8] = []
        while bytes.count < 16 << 10, let more = try? transfer.read() { bytes += more }
        guard let answer = try? Document.decode(Errors.self, from: bytes, "read", "error") else { return "" }
        let first = answer.errors?.first
        let words = [first?.code ?? answer.error, first?.message ?? answer.error_description]
            .compactMap(\.self).joined(separator: ": ")
        return words.unicodeScalars.prefix(200).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }
            .joined()
    }
}
