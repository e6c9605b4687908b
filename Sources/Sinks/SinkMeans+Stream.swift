// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

extension SinkMeans {
    /// Connects to a receiver that speaks over a byte stream.
    func stream(
        to address: SinkSettings.Address,
        _ tls: SinkSettings.TLS,
        in scope: TransferScope
    ) throws(SinkError) -> ByteStream {
        let trust = address.way == .tls ? try trust(tls) : nil
        do throws(TransferError) {
            if address.way == .unix { return try ByteStream(unix: address.host, in: scope) }
            return try ByteStream(to: address.host, port: address.port, tls: trust, in: scope)
        } catch {
            throw SinkError(error)
        }
    }

    /// What a file holds that a receiver wants to know, without the line feed at its end.
    func secret(_ file: RegistrySettings.File) throws(SinkError) -> [UInt8] {
        var bytes: [UInt8]
        do { bytes = try read(file) } catch { throw SinkError("read", "\(file)", .unavailable("\(error)")) }
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else {
            throw SinkError("read", "\(file)", .unavailable("it is empty: put the secret in it"))
        }
        return bytes
    }
}
