// SPDX-License-Identifier: Apache-2.0

// What a service has of what systemd gives its own.

extension ServiceDecoder {
    /// `notify: true`, or `{ watchdog: 30s }`.
    func notification(_ field: Field) -> Notification? {
        if !field.isMapping { return field.bool() == true ? Notification() : nil }
        guard let fields = Fields(field, .notify) else { return nil }
        var notification = Notification()
        if let watchdog = fields["watchdog"], let time = watchdog.duration() {
            if time < .seconds(1) || time > .seconds(86_400) {
                watchdog.refuse("must be at least 1s and at most a day", "write for example 30s")
            }
            notification.watchdog = time
        }
        return notification
    }

    /// A list of addresses, or of mappings with more to say.
    func sockets(_ field: Field) -> [Listener] {
        let items = field.items()
        if items.count > 64 { field.refuse("more than 64 sockets", "remove some") }
        let found = items.prefix(64).compactMap { item in listener(item).map { ($0, item) } }
        refuseRepeats(found.map { ($0.0.address, $0.1) })
        return found.map(\.0)
    }

    private func listener(_ field: Field) -> Listener? {
        guard field.isMapping else { return address(field).map { Listener($0, name: name) } }
        guard let fields = Fields(field, .listener),
            let listen = fields.required("listen", "add for example 'listen: 0.0.0.0:8080'"),
            let address = address(listen)
        else { return nil }
        var listener = Listener(address, name: name)
        listener.name =
            fields["name"]?.parsed("a name", "use letters, digits, '.', '_' and '-', at most 100 of them") {
                Characters.isName($0, and: "._-") && $0.utf8.count <= 100 ? $0 : nil
            } ?? name
        if let backlog = fields["backlog"] {
            listener.backlog = backlog.integer(1...65_535) ?? listener.backlog
            if case .port(_, _, .udp) = address {
                backlog.refuse("nothing waits to connect to a UDP socket", "remove the key")
            }
        }
        if let mode = fields["mode"] {
            if case .path = address {
                // A number has lost the zero that says how it is meant.
                if let text = mode.string() {
                    let bits = Permissions.octal(text)
                    if bits.map({ $0 > 0o777 }) ?? true {
                        mode.refuse(
                            "\(Characters.quoted(text)) is not permissions",
                            "write for example \"0660\""
                        )
                    }
                    listener.mode = bits.map(UInt32.init) ?? listener.mode
                }
            } else {
                mode.refuse("a port has no permissions", "remove the key")
            }
        }
        return listener
    }

    /// `0.0.0.0:8080`, `[::]:53/udp`, or a path.
    private func address(_ field: Field) -> Listener.Address? {
        guard let text = field.string() else { return nil }
        if text.hasPrefix("/") {
            guard let path = field.absolutePath() else { return nil }
            // sun_path has room for 108 bytes, one of them for the end: unix(7). It is made beside its place first.
            guard path.utf8.count <= 100, path != "/" else {
                field.refuse("is longer than 100 bytes", "use a shorter path")
                return nil
            }
            return .path(path)
        }
        let address = Self.port(text)
        if address == nil {
            field.refuse(
                "\(Characters.quoted(text)) is no place to listen",
                "write for example \"0.0.0.0:8080\", \"[::]:53/udp\" or /run/web.sock"
            )
        }
        return address
    }

    private static func port(_ text: String) -> Listener.Address? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2,
            let transport = parts.count == 2 ? Transport(rawValue: String(parts[1])) : .tcp,
            let colon = parts[0].lastIndex(of: ":"),
            let port = UInt16(digits: parts[0][colon...].dropFirst()), port > 0
        else { return nil }
        let host = parts[0][..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard let address = IPAddress(String(isBracketed ? host.dropFirst().dropLast() : host)),
            address.isIPv6 == isBracketed
        else { return nil }
        return .port(address, port, transport)
    }
}
