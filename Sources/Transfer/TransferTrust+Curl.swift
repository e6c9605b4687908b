// SPDX-License-Identifier: Apache-2.0
internal import CTransfer

extension TransferTrust {
    /// Sets libcurl's options; false if one of them is not taken.
    func configure(_ easy: UnsafeMutableRawPointer) -> Bool {
        var codes = [
            martlet_curl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            martlet_curl_set_long(easy, CURLOPT_SSL_VERIFYPEER, isVerified ? 1 : 0),
            martlet_curl_set_long(easy, CURLOPT_SSL_VERIFYHOST, isVerified ? 2 : 0),
        ]
        func set(_ option: CURLoption, _ bytes: [UInt8]) {
            codes.append(
                bytes.withUnsafeBytes { martlet_curl_set_blob(easy, option, $0.baseAddress, $0.count) }
            )
        }
        if let authorities {
            codes.append(martlet_curl_set_text(easy, CURLOPT_CAPATH, nil))
            set(CURLOPT_CAINFO_BLOB, authorities)
        }
        if let identity {
            set(CURLOPT_SSLCERT_BLOB, identity.certificate)
            set(CURLOPT_SSLKEY_BLOB, identity.key)
        }
        return codes.allSatisfy { $0 == CURLE_OK }
    }
}
