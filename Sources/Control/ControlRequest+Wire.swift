// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

extension ControlRequest {
    /// What is sent first: the head, and the body unless it follows in chunks.
    func bytes(host: String, token: String?, bodyFollows: Bool) -> [UInt8] {
        var head = "\(method.rawValue) \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        if let signature {
            head += "Martlet-Signature: \(Data(signature).base64EncodedString())\r\n"
        }
        if let generation { head += "If-Match: \"\(generation)\"\r\n" }
        if bodyFollows {
            head += "Transfer-Encoding: chunked\r\n"
        } else if method != .get {
            head += "Content-Type: application/json\r\nContent-Length: \(body?.count ?? 0)\r\n"
        }
        return Array("\(head)\r\n".utf8) + (bodyFollows ? [] : body ?? [])
    }

    /// A piece of a body that follows; nil is its end.
    static func chunk(_ bytes: [UInt8]?) -> [UInt8] {
        guard let bytes else { return Array("0\r\n\r\n".utf8) }
        return Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
    }
}
