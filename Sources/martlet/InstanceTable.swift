// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// Containers for people or programs.
enum InstanceTable {
    static func print(_ instances: [InstanceStatus], json: Bool) {
        if json { Terminal.printJSON(instances) } else { table(instances).print() }
    }

    static func table(_ instances: [InstanceStatus], now: Int64 = Spelling.now) -> Table {
        // Few say something of themselves.
        let talks = instances.contains { $0.statusText != nil }
        let titles = ["INSTANCE", "STATE", "HEALTH", " RESTARTS", " AGE", "IMAGE", "PORTS"]
        var table = Table(titles + (talks ? ["STATUS"] : []))
        let sorted = instances.sorted {
            ($0.app, $0.service, $0.instance) < ($1.app, $1.service, $1.instance)
        }
        for instance in sorted {
            let age = instance.startedAt.flatMap { Spelling.age(since: $0, now: now) }
            let cells: [Table.Cell] = [
                "\(instance.app)/\(instance.service)/\(instance.instance)",
                state(instance),
                health(instance),
                "\(instance.restarts)",
                "\(age ?? "-")",
                Table.Cell(instance.image),
                Table.Cell(instance.ports.joined(separator: ", ")),
            ]
            table.add(cells + (talks ? [Table.Cell(instance.statusText ?? "")] : []))
        }
        return table
    }

    private static func state(_ instance: InstanceStatus) -> Table.Cell {
        switch instance.state {
        case "running": return Table.Cell(instance.state, colour: 32)
        case "exited", "restarting", "stopped":
            let status = instance.exitStatus.map { " (\($0))" } ?? ""
            return Table.Cell(instance.state + status, colour: instance.exitStatus == 0 ? nil : 31)
        default: return Table.Cell(instance.state, colour: 33)
        }
    }

    private static func health(_ instance: InstanceStatus) -> Table.Cell {
        switch instance.health {
        case "none": "-"
        case "healthy": Table.Cell(instance.health, colour: 32)
        case "unhealthy": Table.Cell(instance.health, colour: 31)
        default: Table.Cell(instance.health, colour: 33)
        }
    }
}
