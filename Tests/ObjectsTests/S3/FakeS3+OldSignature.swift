// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import TestKit

extension FakeS3 {
    /// Whether the field `Authorization` is right by version 2, for the secret `SK`.
    static func isSignedOld(_ asked: Asked) -> Bool {
        let own = asked.fields.filter { $0.key.hasPrefix("x-amz-") }.sorted { $0.key < $1.key }
        let query = asked.target.drop { $0 != "?" }.dropFirst().split(separator: "&")
            .filter { ["uploads", "uploadId", "partNumber", "delete"].contains($0.prefix { $0 != "=" }) }
            .sorted().map { decoded(String($0)) }.joined(separator: "&")
        let text = [
            asked.method, asked.fields["content-md5"] ?? "", asked.fields["content-type"] ?? "", "",
            own.map { "\($0.key):\($0.value)\n" }.joined() + asked.path + (query.isEmpty ? "" : "?\(query)"),
        ].joined(separator: "\n")
        let code = Secrets.code(Array(text.utf8), key: Array("SK".utf8), by: .sha1)
        return asked.fields["authorization"] == "AWS AK:\(Base64.encode(code))"
    }
}
