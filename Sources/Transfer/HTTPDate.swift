// SPDX-License-Identifier: Apache-2.0
internal import CTransfer

/// A date of HTTP (RFC 9110, 5.6.7).
enum HTTPDate {
    /// Seconds since 1970; nil for what is no date, or none up to the year 9999.
    static func seconds(_ text: String) -> Int64? {
        let time = curl_getdate(text, nil)
        return (0...253_402_300_799).contains(time) ? Int64(time) : nil
    }
}
