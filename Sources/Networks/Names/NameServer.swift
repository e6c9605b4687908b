// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux
public import Netlink
internal import Synchronization

/// Answers the names of all networks: one thread, however many containers there are.
///
/// Names of the network's table are answered here. Others go to the host's resolvers, unless the network is
/// internal: then they do not exist.
public final class NameServer: Sendable {
    private let zones: NameZones
    private let thread: Mutex<KernelThread?>

    /// Starts the thread.
    ///
    /// The thread asks resolvers from the network namespace of the calling thread. `resolvers` replace those of `/etc/resolv.conf`, which is read again as it changes.
    public init(resolvers: [(address: IPAddress, port: UInt16)]? = nil) throws(LinuxError) {
        let zones = try NameZones()
        let fixed = resolvers?.map { Endpoint(address: $0.address, port: $0.port) }
        self.zones = zones
        let started = try KernelThread {
            var loop = NameLoop(wake: zones.changed, resolvers: fixed)
            while loop.turn(zones) {}
        }
        thread = Mutex(started)
    }

    deinit { stop() }

    /// The UDP and TCP sockets of a gateway address, in the network namespace of the calling thread.
    public static func makeSockets(
        address: IPAddress,
        port: UInt16 = 53
    ) throws(LinuxError) -> NameSockets {
        let endpoint = Endpoint(address: address, port: port)
        let udp = try endpoint.bound(SOCK_DGRAM, reuse: false)
        let tcp = try endpoint.bound(SOCK_STREAM, reuse: true)
        try check("listen", "\(address) port \(port)", listen(tcp.number, 64))
        return NameSockets(udp: udp, tcp: tcp)
    }

    /// Serves a network under a key of the caller's; what was there under this key is replaced.
    public func serve(_ key: String, sockets: NameSockets, forwards: Bool, table: NameTable = NameTable()) {
        zones.set(key, NameZones.Zone(sockets: sockets, forwards: forwards, table: table))
    }

    /// Replaces a network's names at once: a query sees the old table or the new one.
    public func update(_ key: String, _ table: NameTable) {
        zones.replace(key, table)
    }

    /// Stops serving a network.
    ///
    /// Its sockets close with their last descriptor.
    public func remove(_ key: String) {
        zones.set(key, nil)
    }

    /// Ends the thread and waits for it.
    ///
    /// Parked sockets stay open elsewhere.
    public func stop() {
        zones.stop()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }
}
