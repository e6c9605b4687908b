// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Images
internal import Linux

// Containers as scopes of systemd's, where `cgroups.driver` of the node's file asks for that.

extension Node {
    private static let slice = "martlet.slice"

    /// Throws if the node's file asks for scopes that this host cannot make.
    func checkDriver() throws {
        guard settings.cgroups.driver == .systemd, !tree.hasScopes else { return }
        throw AgentError(
            "run",
            "cgroups.driver: systemd",
            "systemd is not this host's init, or control groups are not of version 2 alone: use 'delegated'"
        )
    }

    /// Has a container that starts be in a scope of its own; nil if none is asked for.
    ///
    /// The scope has the name of the container's place unless another container has it, which this one may replace.
    func beginScope(_ id: String, _ resources: Containers.Resources) async throws -> ScopeHold? {
        guard settings.cgroups.driver == .systemd, let record = instances[id]?.record else {
            instances[id]?.record.scope = nil
            tree.place(id, in: nil)
            return nil
        }
        let usual = "martlet-\(record.app)-\(record.service)-\(record.index).scope"
        let isTaken = instances.values.contains { $0.record.id != id && $0.record.scope == usual }
        let unit = isTaken ? "martlet-\(id).scope" : usual
        instances[id]?.record.scope = unit
        // Written down first: who comes after us looks for it there.
        try instances[id]?.record.save(in: folders.records)
        tree.place(id, in: try SystemdScope(slice: Self.slice, unit: unit))
        return try await tree.begin(id, "Martlet container \(record.name)", resources)
    }

    /// Looks for a container where an agent before us put it.
    func adoptScope(of record: InstanceRecord) throws {
        guard let unit = record.scope else { return }
        tree.place(record.id, in: try SystemdScope(slice: Self.slice, unit: unit))
    }

    /// Tells systemd-machined of a container that is a scope, if the node's file says so; that it cannot be told keeps
    /// no container down.
    func registerMachine(_ id: String, pid: Int32) async {
        guard settings.cgroups.registersMachines, let unit = instances[id]?.record.scope else { return }
        let name = Self.machineName(unit)
        let machine = Self.machineID(id)
        do {
            try await Thread.run { try SystemdScope.register(name, id: machine, leader: pid) }
        } catch {
            tell(.failed, id, "machinectl does not know it: \(error)")
        }
    }

    /// 16 bytes that are those of `container_uuid`.
    private static func machineID(_ id: String) -> [UInt8] {
        let digits = Array(Digest(of: Array(id.utf8)).hex.prefix(32))
        return stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
    }

    /// A unit's name as that of a host: letters, digits and inner hyphens, at most 64.
    private static func machineName(_ unit: String) -> String {
        let name = unit.dropLast(".scope".count).map { $0.isLetter || $0.isNumber ? $0 : "-" }
        return String(name.suffix(64).drop { $0 == "-" })
    }
}
