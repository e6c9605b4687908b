// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// Authorities that vouch for clients of TLS, with what they have revoked, by libcrypto.
///
/// A certificate must say that it is for clients (RFC 5280, section 4.2.1.12: `id-kp-clientAuth`), and be valid now.
/// Where there are revocation lists, each authority on its way must have one that is not out of date.
public final class ClientAuthority: @unchecked Sendable {  // a store is locked by libcrypto itself
    /// Why a certificate, or a file, is not taken.
    public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
        /// What is wrong.
        public let description: String

        init(_ description: String) { self.description = description }
    }

    /// Whom a certificate is for.
    public struct Subject: Equatable, Sendable {
        /// The values of its `CN`, as they come.
        public var commonNames: [String]
        /// The values of its `OU`, as they come.
        public var units: [String]
    }

    private let store: OpaquePointer
    private static let maximumChain = 10

    /// Reads certificates, and revocation lists if there are to be any, from texts in PEM.
    public init(certificates: [UInt8], revocations: [UInt8]?) throws(Refusal) {
        guard let store = X509_STORE_new() else { throw Refusal("no memory") }
        self.store = store
        let found = Self.each(of: certificates) { PEM_read_bio_X509($0, nil, nil, nil) }
        defer { found.forEach(X509_free) }
        guard !found.isEmpty else { throw Refusal("holds no certificate in PEM") }
        for certificate in found where X509_STORE_add_cert(store, certificate) != 1 {
            throw Refusal("holds a certificate that cannot be used")
        }
        guard let revocations else { return }
        let lists = Self.each(of: revocations) { PEM_read_bio_X509_CRL($0, nil, nil, nil) }
        defer { lists.forEach(X509_CRL_free) }
        guard !lists.isEmpty else { throw Refusal("holds no revocation list in PEM") }
        for list in lists where X509_STORE_add_crl(store, list) != 1 {
            throw Refusal("holds a revocation list that cannot be used")
        }
        let flags = UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
        guard X509_STORE_set_flags(store, flags) == 1 else { throw Refusal("no memory") }
    }

    deinit { X509_STORE_free(store) }

    /// Whom a client's certificate is for.
    ///
    /// - Parameter chain: The certificates that it sent, in DER, its own first.
    /// - Returns: What its subject says.
    /// - Throws: Why it is not taken.
    public func subject(of chain: [[UInt8]]) throws(Refusal) -> Subject {
        defer { ERR_clear_error() }
        guard !chain.isEmpty, chain.count <= Self.maximumChain else {
            throw Refusal("not a chain of certificates")
        }
        let parsed = chain.compactMap(Self.parse)
        defer { parsed.forEach(X509_free) }
        guard parsed.count == chain.count, let context = X509_STORE_CTX_new(),
            let rest = OPENSSL_sk_new_null()
        else { throw Refusal("not a certificate") }
        defer {
            OPENSSL_sk_free(rest)
            X509_STORE_CTX_free(context)
        }
        for certificate in parsed.dropFirst() { OPENSSL_sk_push(rest, UnsafeRawPointer(certificate)) }
        guard X509_STORE_CTX_init(context, store, parsed[0], rest) == 1,
            X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT) == 1
        else { throw Refusal("no memory") }
        guard X509_verify_cert(context) == 1 else {
            let code = X509_STORE_CTX_get_error(context)
            throw Refusal(String(cString: X509_verify_cert_error_string(Int(code))))
        }
        // Without the extension libcrypto takes a certificate for any use.
        guard X509_get_extension_flags(parsed[0]) & UInt32(EXFLAG_XKUSAGE) != 0,
            X509_get_extended_key_usage(parsed[0]) & UInt32(XKU_SSL_CLIENT) != 0
        else { throw Refusal("does not say that it is for clients") }
        let name = X509_get_subject_name(parsed[0])
        return Subject(
            commonNames: Self.values(NID_commonName, of: name),
            units: Self.values(NID_organizationalUnitName, of: name)
        )
    }

    private static func parse(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { buffer in
            var place = buffer.baseAddress
            return d2i_X509(nil, &place, buffer.count)
        }
    }

    /// Every item that `read` finds in a text.
    private static func each(of text: [UInt8], _ read: (OpaquePointer) -> OpaquePointer?) -> [OpaquePointer] {
        guard let source = BIO_new_mem_buf(text, Int32(text.count)) else { return [] }
        defer {
            BIO_free(source)
            ERR_clear_error()
        }
        var found: [OpaquePointer] = []
        while let item = read(source) { found.append(item) }
        return found
    }

    private static func values(_ attribute: Int32, of name: OpaquePointer?) -> [String] {
        var values: [String] = []
        var place = X509_NAME_get_index_by_NID(name, attribute, -1)
        while place >= 0 {
            let data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place))
            var bytes: UnsafeMutablePointer<UInt8>?
            let count = ASN1_STRING_to_UTF8(&bytes, data)
            if count >= 0, let bytes {
                let text = UnsafeBufferPointer(start: bytes, count: Int(count))
                // Such a value must match nothing by being cut.
                if !text.contains(0), let value = String(validating: text, as: UTF8.self) {
                    values.append(value)
                }
                CRYPTO_free(bytes, nil, 0)
            }
            place = X509_NAME_get_index_by_NID(name, attribute, place)
        }
        return values
    }
}
