// SPDX-License-Identifier: Apache-2.0

/// The short and the long form of a published port.
enum PortSyntax {
    /// The ports that an item of `ports` stands for; a range in the short form stands for many.
    static func ports(_ field: Field) -> [Port] {
        if field.isMapping { return long(field).map { [$0] } ?? [] }
        guard let text = field.word() else { return [] }
        return short(text, field) ?? []
    }

    private static func long(_ field: Field) -> Port? {
        guard let fields = Fields(field, .port),
            let target = fields.required("target", "add the port inside the container")?.integer(
                1...UInt16.max
            )
        else { return nil }
        var port = Port(target: target)
        if let published = fields["published"] {
            port.published = published.parsed(
                "a port or a range of ports",
                "write for example \"8080\" or \"8080-8090\"",
                range
            )
            if port.published == 0...0 { port.published = nil }
        }
        port.hostAddress = fields["host_ip"]?.address()
        if let field = fields["protocol"] { port.transport = transport(field.string(), field) ?? .tcp }
        if let mode = fields["mode"], let text = mode.string(), text != "host", text != "ingress" {
            mode.refuse("\(Characters.quoted(text)) is not a mode", "use 'host' or 'ingress'")
        }
        return port
    }

    /// `[[ADDRESS:][PUBLISHED]:]TARGET[/PROTOCOL]`.
    private static func short(_ text: String, _ field: Field) -> [Port]? {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return malformed(text, field) }
        guard let transport = halves.count == 2 ? transport(String(halves[1]), field) : .tcp else {
            return nil
        }
        var rest = halves[0]
        var address: IPAddress?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]"),
                let parsed = IPAddress(String(rest[..<end].dropFirst())), parsed.isIPv6,
                rest[end...].hasPrefix("]:")
            else { return malformed(text, field) }
            address = parsed
            rest = rest[end...].dropFirst(2)
        }
        var parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 3, address == nil {
            guard let parsed = IPAddress(parts.removeFirst()) else { return malformed(text, field) }
            address = parsed
        } else if address != nil, parts.count != 2 {
            return malformed(text, field)
        }
        guard let last = parts.popLast(), let target = range(last), target.lowerBound > 0, parts.count <= 1
        else {
            return malformed(text, field)
        }
        guard field.findings.spend(ports: target.count) else {
            field.refuse("more than 65536 ports in one app", "publish fewer")
            return nil
        }
        var published: ClosedRange<UInt16>?
        if let part = parts.first, !part.isEmpty {
            guard let parsed = range(part) else { return malformed(text, field) }
            published = parsed == 0...0 ? nil : parsed
        } else if parts.first != nil, address == nil {
            return malformed(text, field)
        }
        guard let published, target.count > 1 else {
            return target.map {
                Port(target: $0, published: published, hostAddress: address, transport: transport)
            }
        }
        guard published.count == target.count else {
            field.refuse(
                "\(published.count) published ports for \(target.count) ports of the container",
                "make both ranges as long"
            )
            return nil
        }
        return zip(published, target).map {
            Port(target: $1, published: $0...$0, hostAddress: address, transport: transport)
        }
    }

    private static func malformed(_ text: String, _ field: Field) -> [Port]? {
        field.refuse(
            "\(Characters.quoted(text)) is not a port",
            "write [[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]"
        )
        return nil
    }

    private static func transport(_ text: String?, _ field: Field) -> Transport? {
        guard let text else { return nil }
        if let transport = Transport(rawValue: text) { return transport }
        if text == "sctp" {
            field.refuse("'sctp' is not supported yet", "use 'tcp' or 'udp'")
        } else {
            field.refuse("\(Characters.quoted(text)) is not a protocol", "use 'tcp' or 'udp'")
        }
        return nil
    }

    private static func range(_ text: String) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16(digits: $0) }
        guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
            first > 0 || last == 0
        else { return nil }
        return first...last
    }
}
