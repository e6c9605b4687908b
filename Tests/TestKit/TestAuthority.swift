// SPDX-License-Identifier: Apache-2.0

/// An authority for certificates of a test's servers, by openssl.
public struct TestAuthority: Sendable {
    /// The folder with `ca.pem`, and with `NAME.pem` and `NAME.key` of each server.
    public let folder: String

    /// Makes an authority in a folder, which is made if it is not there.
    public init(in folder: String) throws {
        self.folder = folder
        try Shell.run(
            """
            mkdir -p \(folder) && cd \(folder) && : >index.txt && echo 01 >serial && printf '%s\\n' '[ca]' 'default_ca=d' '[d]' \
            'dir=.' 'database=index.txt' 'serial=serial' 'new_certs_dir=.' 'certificate=ca.pem' 'private_key=ca.key' \
            'default_md=sha256' 'policy=p' 'unique_subject=no' 'copy_extensions=copy' '[p]' 'commonName=supplied' >ca.cnf
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ours -days 2 -keyout ca.key -out ca.pem
            """
        )
    }

    /// The certificate of the authority.
    public var certificate: String { "\(folder)/ca.pem" }

    /// Makes `NAME.pem` and `NAME.key` for a host, as `IP:127.0.0.1` or `DNS:registry.test`.
    ///
    /// The key is described in openssl's words; times are `YYYYMMDDHHMMSSZ`.
    public func certify(
        _ name: String,
        host: String = "IP:127.0.0.1",
        key: String = "ec -pkeyopt ec_paramgen_curve:P-256",
        from start: String = "20200101000000Z",
        until end: String = "20600101000000Z"
    ) throws {
        try Shell.run(
            """
            cd \(folder) && openssl req -newkey \(key) -nodes -subj /CN=server -addext subjectAltName=\(host) \
            -keyout \(name).key -out \(name).csr && openssl ca -batch -notext -config ca.cnf -startdate \(start) \
            -enddate \(end) -in \(name).csr -out \(name).pem
            """
        )
    }

    /// Makes `NAME.pem` and `NAME.key` for 127.0.0.1, vouched for by nobody.
    public func certifyItself(_ name: String) throws {
        try Shell.run(
            """
            cd \(folder) && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server \
            -addext subjectAltName=IP:127.0.0.1 -days 2 -keyout \(name).key -out \(name).pem
            """
        )
    }
}
