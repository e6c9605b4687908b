// SPDX-License-Identifier: Apache-2.0
internal import Linux
internal import Netlink
internal import Synchronization

/// The networks of one agent on this host.
///
/// Nothing is remembered here: bridges, veth pairs and tables in the kernel are the record, found by the
/// label that they carry. So a new agent of the same owner goes on where the last one stopped.
///
/// Every call blocks, and works in the network namespace of the thread that made the store; call it from
/// threads of that namespace, off the cooperative pool. Calls from several threads take turns.
///
/// A network that is not internal needs the kernel to forward packets: `net.ipv4.ip_forward` is set to 1 for
/// the whole host (and `net.ipv6.conf.all.forwarding` for networks with IPv6), and is left so.
public final class NetworkStore: Sendable {
    /// The agent that the networks belong to.
    public let owner: String
    let pool: AddressPool
    let socket: NetlinkSocket
    let filter: Nftables
    let turn = Mutex<Void>(())
    /// Below which host number no address of a network is free, as far as is known: where to begin to look, no more.
    let lowestFree = Mutex<[NetworkLabel: UInt32]>([:])

    /// Opens the networks of `owner`, an instance name that no other agent on this host has.
    public init(owner: String, pool: AddressPool = .standard) throws(NetworkError) {
        _ = try NetworkLabel(owner: owner, app: "app", network: "network")
        self.owner = owner
        self.pool = pool
        socket = try naming("open", "networks of \(owner)") { try NetlinkSocket() }
        filter = try Nftables()
    }

    /// A network, with no look at who is on it: what it costs does not grow with the containers of the host.
    ///
    /// Its `attachments` are empty; nil if there is no such network.
    public func find(_ name: String, of app: String) throws(NetworkError) -> Network? {
        let label = try NetworkLabel(owner: owner, app: app, network: name)
        return try turn.withLock { (_: inout Void) throws(NetworkError) -> Network? in try find(label) }
    }

    /// The owner's networks with their containers.
    public func list() throws(NetworkError) -> [Network] {
        try turn.withLock { (_: inout Void) throws(NetworkError) -> [Network] in try networks() }
    }

    /// The owner's networks of an app, with no look at who is on them: their `attachments` are empty.
    public func bridges(of app: String) throws(NetworkError) -> [Network] {
        try turn.withLock { (_: inout Void) throws(NetworkError) -> [Network] in
            try naming("list", "networks of \(app)") {
                try socket.links(kind: "bridge").compactMap { link in
                    guard let label = ObjectAlias(link.alias)?.label, label.owner == owner, label.app == app
                    else {
                        return nil
                    }
                    return Network(bridge: link, links: [], addresses: try socket.addresses(of: link.index))
                }.sorted { $0.name < $1.name }
            }
        }
    }

    /// Removes a network, the host's ends of its containers, and its rules; one that is gone is no error.
    public func remove(_ network: Network) throws(NetworkError) {
        try turn.withLock { (_: inout Void) throws(NetworkError) in
            try removeAll { $0 == network.label }
        }
    }

    /// Removes everything that carries the owner's label, also what a crash left half made.
    public func removeAll() throws(NetworkError) {
        try turn.withLock { (_: inout Void) throws(NetworkError) in
            try removeAll { $0.owner == owner }
            for table in try PublishedTable.all(filter) where table.label.owner == owner {
                try filter.run(Ruleset.removal(table.name), "rules of \(table.label)")
            }
        }
    }

    func networks() throws(NetworkError) -> [Network] {
        try naming("list", "networks of \(owner)") {
            let links = try socket.links()
            let addresses = try socket.addresses()
            return links.compactMap { Network(bridge: $0, links: links, addresses: addresses) }
                .filter { $0.label.owner == owner }
                .sorted { ($0.app, $0.name) < ($1.app, $1.name) }
        }
    }

    func find(_ label: NetworkLabel) throws(NetworkError) -> Network? {
        try naming("find", "\(label.app)/\(label.network)") {
            guard let link = try socket.link(named: label.bridge), owns(link, label) else { return nil }
            return Network(bridge: link, links: [], addresses: try socket.addresses(of: link.index))
        }
    }

    /// The network as it is now, with no look at who is on it.
    func current(_ label: NetworkLabel, for operation: String) throws(NetworkError) -> Network {
        guard let network = try find(label) else {
            throw NetworkError(operation, "\(label.app)/\(label.network)", "there is no such network")
        }
        return network
    }

    private func removeAll(_ matches: (NetworkLabel) -> Bool) throws(NetworkError) {
        try naming("remove", "networks of \(owner)") {
            let links = try socket.links()
            let bridges = links.filter { link in
                link.kind == "bridge" && ObjectAlias(link.alias).map { matches($0.label) } == true
            }
            for link in links where link.kind == "veth" {
                guard let alias = ObjectAlias(link.alias), matches(alias.label) else { continue }
                try socket.deleteLink(link.index)
            }
            for bridge in bridges {
                Failpoint.bridgeDeleteDue.reach()
                // Its rules first: by the bridge it is found again after a crash.
                if let label = ObjectAlias(bridge.alias)?.label {
                    try filter.run(Ruleset.removal(label.table), "rules of \(label)")
                    Failpoint.bridgeRulesRemoved.reach()
                }
                try socket.deleteLink(bridge.index)
                Failpoint.bridgeDeleted.reach()
            }
        }
    }
}
