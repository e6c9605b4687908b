// SPDX-License-Identifier: Apache-2.0

/// `[[ADDRESS:][PUBLISHED]:]TARGET[/PROTOCOL]` (services.md, "ports", short syntax).
struct ShortPort {
    let address: String?
    let published: ClosedRange<UInt16>?
    let target: ClosedRange<UInt16>
    let transport: String

    static let transports = ["tcp", "udp", "sctp"]

    /// Reads the text; nil if it is not a port.
    init?(_ text: String) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        transport = halves.count == 2 ? halves[1].lowercased() : "tcp"
        var rest = halves[0]
        var address: String?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]"), rest[end...].hasPrefix("]:") else { return nil }
            address = String(rest[..<end].dropFirst())
            guard address.flatMap({ IPAddress($0) })?.isIPv6 == true else { return nil }
            rest = rest[end...].dropFirst(2)
        }
        var parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if parts.count == 3, address == nil {
            address = parts.removeFirst()
            guard address.flatMap({ IPAddress($0) }) != nil else { return nil }
        } else if address != nil, parts.count != 2 {
            return nil
        }
        guard let last = parts.popLast(), let target = ShortPort.range(last), target.lowerBound > 0,
            parts.count <= 1
        else { return nil }
        if let part = parts.first, !part.isEmpty {
            guard let range = ShortPort.range(part) else { return nil }
            published = range
        } else {
            guard parts.isEmpty || address != nil else { return nil }
            published = nil
        }
        self.address = address
        self.target = target
    }

    /// `80` or `80-90`; `0` stands for any port.
    static func range(_ text: String) -> ClosedRange<UInt16>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16(digits: $0) }
        guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last,
            first > 0 || last == 0
        else { return nil }
        return first...last
    }

    /// The long forms, one for each port of the container.
    ///
    /// A range of published ports for one port of the container stays a range: it is a choice.
    func long(at position: Position) -> [Tree] {
        let isPaired = target.count > 1
        let entries = target.enumerated().map { index, port -> (String, Tree) in
            let host = published.map { range -> String in
                if isPaired, range.count > 1 { return "\(range.lowerBound + UInt16(index))" }
                return range.count == 1
                    ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
            }
            let tree = Tree.mapping(
                [
                    ("mode", .string("ingress", at: position)),
                    ("host_ip", address.map { .string($0, at: position) }),
                    ("target", .plain("\(port)", at: position)),
                    ("published", host.map { .string($0, at: position) }),
                    ("protocol", .string(transport, at: position)),
                ],
                at: position
            )
            return ("\(port)", tree)
        }
        // Compose sorts by the text.
        return entries.sorted { $0.0 < $1.0 }.map(\.1)
    }
}

extension Shape {
    /// The ports of a service; a range of the short form becomes one entry for each port.
    static func ports(_ long: Shape) -> Shape {
        Shape(.each(long)) { field, normaliser in
            guard case .sequence(let items) = field.tree.content else {
                field.mismatch("a list")
                return nil
            }
            var ports: [Tree] = []
            for (index, tree) in items.enumerated() {
                let item = field.item(index, tree)
                if item.isMapping || tree.override == .reset {
                    if let port = normaliser.long(item, long) { ports.append(port) }
                } else {
                    ports += short(item)
                }
            }
            return field.tree.replacing(.sequence(ports))
        }
    }

    private static func short(_ field: Field) -> [Tree] {
        guard let text = field.word() else { return [] }
        guard let port = ShortPort(text) else {
            field.refuse(
                "\(Characters.quoted(text)) is not a port",
                "write [[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL]"
            )
            return []
        }
        guard ShortPort.transports.contains(port.transport) else {
            field.refuse(
                "\(Characters.quoted(port.transport)) is not a protocol",
                "use \(list(ShortPort.transports))"
            )
            return []
        }
        if let published = port.published, port.target.count > 1, published.count != port.target.count {
            field.refuse(
                "\(published.count) published ports for \(port.target.count) ports of the container",
                "make both ranges as long"
            )
            return []
        }
        guard field.canBeShort(port.target.count) else { return [] }
        return port.long(at: field.tree.position)
    }
}
