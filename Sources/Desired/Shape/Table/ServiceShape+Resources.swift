// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// What it may use: the keys of a service, and `deploy`.
    static let resources: Keys = [
        "cpus": .processors,
        "cpu_count": .integer(),
        "cpu_percent": .integer(0...100),
        "cpu_shares": .integer(),
        "cpu_period": .integer(),
        "cpu_quota": .integer(-1...Int64.max),
        "cpu_rt_period": .microseconds,
        "cpu_rt_runtime": .microseconds,
        "cpuset": .string("a set of processors", "write for example 0-3 or 0,2", orEmpty: true) { text in
            text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
                let ends = $0.split(separator: "-", omittingEmptySubsequences: false).map {
                    UInt16(digits: $0)
                }
                return ends.count <= 2 && !ends.contains(nil) && (ends[0] ?? 0) <= (ends[ends.count - 1] ?? 0)
            }
        },
        "mem_limit": .size,
        "mem_reservation": .size,
        "mem_swappiness": .integer(0...100).then { tree, _, _ in
            // A percentage that Compose holds as a size.
            tree.text.map { tree.replacing(.string($0)) }
        }.zero("0"),
        "memswap_limit": .sizeOrUnlimited,
        "oom_kill_disable": .bool,
        "oom_score_adj": .integer(-1000...1000),
        "pids_limit": .integer(-1...Int64(Int32.max)),
        "blkio_config": .keys(.blkio),
        "gpus": .gpus,
        "scale": .integer(0...Int64(Int32.max)).telling,
        "deploy": .keys(.deploy).orNull,
    ]

    /// "blkio_config".
    static let blkio: Keys = [
        "weight": .integer(10...1000),
        "weight_device": .list(.keys(["path": .string, "weight": .integer(10...1000)])),
        "device_read_bps": .list(.keys(.throttle)),
        "device_read_iops": .list(.keys(.throttle)),
        "device_write_bps": .list(.keys(.throttle)),
        "device_write_iops": .list(.keys(.throttle)),
    ]
    static let throttle: Keys = ["path": .string, "rate": .size]

    /// "gpus", and deploy.md, "devices".
    static let deviceRequest: Keys = [
        "capabilities": .set(.string),
        "driver": .string,
        "count": .deviceCount,
        "device_ids": .set(.string),
        "options": .pairs(),
    ]
}

extension Shape {
    /// `all`, or a list of what is asked for.
    static let gpus = list(deviceRequest).orShort { field, _ in
        guard let text = field.string() else { return nil }
        guard text == "all" else {
            field.refuse("\(Characters.quoted(text)) is not what can be asked for", "use 'all' or a list")
            return nil
        }
        let position = field.tree.position
        return field.tree.replacing(
            .sequence([.mapping([("count", .plain("-1", at: position))], at: position)])
        )
    }

    /// Without a number or names it asks for all there are.
    static let deviceRequest = keys(.deviceRequest).then { tree, field, _ in
        if tree["device_ids"] == nil { return tree.adding("count", .plain("-1", at: tree.position)) }
        guard tree["count"] == nil else {
            field.child("count")?.refuse("does not go with 'device_ids'", "remove one of them")
            return nil
        }
        return tree
    }

    /// A number, or `all`.
    static let deviceCount = Shape { field, normaliser in
        field.scalar?.text == "all"
            ? field.tree.replacing(.plain("-1"))
            : Shape.integer(-1...Int64(Int32.max)).long(field, normaliser)
    }
}
