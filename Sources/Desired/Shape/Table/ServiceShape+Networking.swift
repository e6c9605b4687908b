// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// How it is connected, and under which names.
    static let networking: Keys = [
        "networks": .namesOr(.named(.keys(.attachment).orNull)),
        "network_mode": .string,
        "ports": .ports(.port),
        "expose": .set(
            .text.then { tree, field, _ in
                guard let text = tree.text, Shape.isExposed(text) else {
                    field.refuse(
                        "\(Characters.quoted(tree.text ?? "")) is not a port",
                        "write for example \"3000\" or \"8000-8010/udp\""
                    )
                    return nil
                }
                return tree
            }
        ),
        "links": .set(.string),
        "external_links": .set(.string),
        "extra_hosts": .extraHosts,
        "dns": .oneOrMany(.string),
        "dns_opt": .set(.string),
        "dns_search": .oneOrMany(.string),
        "mac_address": .macAddress,
    ]

    /// "networks".
    static let attachment: Keys = [
        "aliases": .list(.string),
        "interface_name": .string(
            "the name of an interface",
            "use at most 15 letters, digits, '.', '_' and '-'"
        ) {
            Characters.isName($0, and: "._-") && $0.utf8.count <= 15
        },
        "ipv4_address": .string,
        "ipv6_address": .string("an IP address of version 6", orEmpty: true) {
            IPAddress($0)?.isIPv6 == true
        },
        "link_local_ips": .list(.string("an IP address") { IPAddress($0) != nil }),
        "mac_address": .macAddress,
        "driver_opts": .named(.stringOrNumber),
        "gw_priority": .integer(Int64(Int32.min)...Int64(Int32.max)),
        "priority": .integer(Int64(Int32.min)...Int64(Int32.max)),
    ]

    /// "ports", long syntax.
    static let port: Keys = [
        "target": .integer(1...65_535),
        "published": .published,
        "host_ip": .string("an IP address") { IPAddress($0) != nil },
        "protocol": .string("a protocol", "use tcp, udp or sctp", ShortPort.transports.contains),
        "app_protocol": .string,
        "mode": .oneOf("a mode", "host", "ingress"),
        "name": .string,
    ]
}

extension Shape {
    /// "ports", long syntax, with what Compose takes for granted.
    static let port = keys(.port, required: ["target": "add the port inside the container"])
        .then { tree, _, _ in
            tree.adding("mode", .string("ingress", at: tree.position))
                .adding("protocol", .string("tcp", at: tree.position))
        }

    /// A port or a range of them, as a string.
    static let published = Shape { field, _ in
        field.parsed(
            "a port or a range of ports",
            "write for example \"8080\" or \"8080-8090\"",
            ShortPort.range
        ).flatMap { _ in field.scalar }.map { field.tree.replacing(.string($0.text)) }
    }

    static let macAddress = string("a MAC address", "write for example 02:42:ac:11:65:43", orEmpty: true) {
        text in
        let parts = text.split(separator: text.contains("-") ? "-" : ":", omittingEmptySubsequences: false)
        return parts.count == 6
            && parts.allSatisfy { $0.utf8.count == 2 && $0.utf8.allSatisfy(Characters.isHexDigit) }
    }

    /// `PORT[-PORT][/PROTOCOL]`.
    static func isExposed(_ text: String) -> Bool {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(halves.count), ShortPort.range(halves[0]).map({ $0.lowerBound > 0 }) == true
        else {
            return false
        }
        return halves.count == 1 || ShortPort.transports.contains(halves[1])
    }
}
