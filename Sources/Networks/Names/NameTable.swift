// SPDX-License-Identifier: Apache-2.0
public import Netlink

/// The names that containers of one network are told: who answers to which name.
public struct NameTable: Sendable, Equatable {
    /// One container with its names.
    public struct Entry: Sendable, Hashable {
        /// The app it belongs to.
        public var app: String
        /// Its service.
        public var service: String
        /// Its own name, also the answer to a reverse query.
        public var container: String
        /// Further names on this network.
        public var aliases: [String]
        /// Its addresses on this network.
        public var addresses: [IPAddress]

        /// Describes one container.
        public init(
            app: String,
            service: String,
            container: String,
            aliases: [String] = [],
            addresses: [IPAddress]
        ) {
            self.app = app
            self.service = service
            self.container = container
            self.aliases = aliases
            self.addresses = addresses
        }
    }

    /// A further name that one container, and no other, is told.
    public struct Link: Sendable, Hashable {
        /// Who asks.
        public var asker: IPAddress
        /// The name that is asked for.
        public var alias: String
        /// The service that is meant.
        public var service: String

        /// Describes one name for one container.
        public init(asker: IPAddress, alias: String, service: String) {
            self.asker = asker
            self.alias = alias
            self.service = service
        }
    }

    private var links: [IPAddress: [String: String]] = [:]
    private var forward: [String: [IPAddress]] = [:]
    private var reverse: [IPAddress: String] = [:]
    private let subnets: [AddressPrefix]

    /// Makes the table of a network.
    ///
    /// A container is found as `container`, `service`, `service.app`, `container.app` and by its aliases;
    /// reverse queries for the network's own subnets never leave the host.
    public init(_ entries: [Entry] = [], links: [Link] = [], subnets: [AddressPrefix] = []) {
        self.subnets = subnets
        for link in links {
            self.links[link.asker, default: [:]][link.alias.lowercased()] = link.service.lowercased()
        }
        for entry in entries {
            let names = [
                entry.container, entry.service, "\(entry.service).\(entry.app)",
                "\(entry.container).\(entry.app)",
            ]
            for name in Set((names + entry.aliases).map { $0.lowercased() }) where !name.isEmpty {
                for address in entry.addresses where forward[name]?.contains(address) != true {
                    forward[name, default: []].append(address)
                }
            }
            for address in entry.addresses { reverse[address] = "\(entry.container).\(entry.app)" }
        }
    }

    /// What is known of a question.
    enum Finding: Equatable {
        case answers([NameReply.Answer])
        case noSuchName
        case unknown
    }

    /// Looks up a name; `turn` moves the first place on, so that the load spreads.
    func find(_ name: String, type: UInt16, turn: Int, asker: IPAddress? = nil) -> Finding {
        let name = asker.flatMap { links[$0]?[name] } ?? name
        if let addresses = forward[name] {
            let fitting = addresses.filter {
                type == RecordType.any || type == ($0.isV4 ? RecordType.a : RecordType.aaaa)
            }
            guard !fitting.isEmpty else { return .answers([]) }
            let start = turn % fitting.count
            return .answers((fitting[start...] + fitting[..<start]).map { .address($0) })
        }
        guard let address = NameTable.reversed(name) else { return .unknown }
        if let name = reverse[address] {
            let asked = type == RecordType.pointer || type == RecordType.any
            return .answers(asked ? [.name(name)] : [])
        }
        return subnets.contains { $0.contains(address) } ? .noSuchName : .unknown
    }

    /// The address in a name below `in-addr.arpa` or `ip6.arpa`.
    static func reversed(_ name: String) -> IPAddress? {
        let labels = name.split(separator: ".")
        if name.hasSuffix(".in-addr.arpa"), labels.count == 6 {
            return IPAddress(labels.prefix(4).reversed().joined(separator: "."))
        }
        guard name.hasSuffix(".ip6.arpa"), labels.count == 34 else { return nil }
        let digits = labels.prefix(32).reversed().compactMap {
            $0.utf8.count == 1 ? UInt8($0, radix: 16) : nil
        }
        guard digits.count == 32 else { return nil }
        return IPAddress(bytes: stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
    }
}
