// SPDX-License-Identifier: Apache-2.0

extension Notification {
    var canonical: Canonical { .object(["watchdog": .duration(watchdog)]) }
}

extension Listener {
    var canonical: Canonical {
        .object([
            "backlog": backlog == Self.usualBacklog ? nil : .integer(Int64(backlog)),
            "listen": .string("\(address)"), "mode": mode == Self.usualMode ? nil : .integer(Int64(mode)),
            "name": .string(name),
        ])
    }
}
