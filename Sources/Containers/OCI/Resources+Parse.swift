// SPDX-License-Identifier: Apache-2.0

extension Resources {
    /// Reads and checks resources that stand alone, as `update --resources` has them.
    public init(parsing bytes: [UInt8], document: String) throws(ConfigError) {
        try self.init(JSONCursor(parsing: bytes, document: document))
    }

    init(_ at: JSONCursor) throws(ConfigError) {
        devices = try at["devices"]?.list(DeviceRule.init)
        if let at = try at["memory"] { memoryLimits = try Memory(at) }
        if let at = try at["cpu"] { cpu = try Processor(at) }
        pids = try at["pids"]?["limit"]?.integer()
        if let at = try at["blockIO"] { blockIO = try BlockIO(at) }
        for (size, limit) in try at["hugepageLimits"]?.list(Self.hugepages) ?? [] { hugepages[size] = limit }
        if let at = try at["network"] { network = try Network(at) }
        rdma = try at["rdma"]?.table(RemoteMemory.init) ?? [:]
        if let at = try at["unified"] { unified = try Self.files(at) }
    }

    private static func hugepages(_ at: JSONCursor) throws(ConfigError) -> (size: String, limit: UInt64) {
        let member = try at.required("pageSize", "a size, such as 2MB")
        let size = try member.string()
        // It becomes part of a file's name.
        let digits = size.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let unit = size.utf8.dropFirst(digits.count)
        guard !digits.isEmpty, unit.count == 2, let prefix = unit.first, "KMGTP".utf8.contains(prefix),
            unit.last == UInt8(ascii: "B")
        else {
            throw member.refused("\(quoted(size)) is no size: write one like 64KB, 2MB or 1GB")
        }
        return (size, try at.required("limit", "a number of bytes").integer())
    }

    /// A name must stay within the cgroup.
    private static func files(_ at: JSONCursor) throws(ConfigError) -> [String: String] {
        let files = try at.table { (at) throws(ConfigError) in try at.string() }
        for name in files.keys.sorted()
        where name.utf8.contains(UInt8(ascii: "/")) || name == "." || name == ".." {
            throw at.refused("\(quoted(name)) is not a file's name: write one without /")
        }
        return files
    }
}

extension Resources.Memory {
    init(_ at: JSONCursor) throws(ConfigError) {
        limit = try at["limit"]?.integer(in: -1...Int64.max)
        reservation = try at["reservation"]?.integer(in: -1...Int64.max)
        swap = try at["swap"]?.integer(in: -1...Int64.max)
        _ = try at["kernel"]?.integer(in: -1...Int64.max)  // deprecated: a limit has no effect any more
        kernelTCP = try at["kernelTCP"]?.integer(in: -1...Int64.max)
        swappiness = try at["swappiness"]?.integer(in: 0...100)
        disableOOMKiller = try at["disableOOMKiller"]?.bool()
        useHierarchy = try at["useHierarchy"]?.bool()
        checkBeforeUpdate = try at["checkBeforeUpdate"]?.bool()
    }
}

extension Resources.Processor {
    init(_ at: JSONCursor) throws(ConfigError) {
        shares = try at["shares"]?.integer()
        quota = try at["quota"]?.integer()
        burst = try at["burst"]?.integer()
        period = try at["period"]?.integer()
        realtimeRuntime = try at["realtimeRuntime"]?.integer()
        realtimePeriod = try at["realtimePeriod"]?.integer()
        cpus = try at["cpus"]?.filled()
        mems = try at["mems"]?.filled()
        idle = try at["idle"]?.integer()
    }
}

extension Resources.BlockIO {
    init(_ at: JSONCursor) throws(ConfigError) {
        weight = try at["weight"]?.integer()
        leafWeight = try at["leafWeight"]?.integer()
        deviceWeights = try at["weightDevice"]?.list(DeviceWeight.init) ?? []
        readBytes = try at["throttleReadBpsDevice"]?.list(Throttle.init) ?? []
        writeBytes = try at["throttleWriteBpsDevice"]?.list(Throttle.init) ?? []
        readOperations = try at["throttleReadIOPSDevice"]?.list(Throttle.init) ?? []
        writeOperations = try at["throttleWriteIOPSDevice"]?.list(Throttle.init) ?? []
    }

    fileprivate static func number(_ at: JSONCursor) throws(ConfigError) -> (major: Int64, minor: Int64) {
        let range = 0...Int64(UInt32.max)
        return (
            try at.required("major", "the device's major number").integer(in: range),
            try at.required("minor", "the device's minor number").integer(in: range)
        )
    }
}

extension Resources.BlockIO.DeviceWeight {
    init(_ at: JSONCursor) throws(ConfigError) {
        (major, minor) = try Resources.BlockIO.number(at)
        weight = try at["weight"]?.integer()
        leafWeight = try at["leafWeight"]?.integer()
        guard weight != nil || leafWeight != nil else {
            throw at.refused("neither weight nor leafWeight is there: write one of them")
        }
    }
}

extension Resources.BlockIO.Throttle {
    init(_ at: JSONCursor) throws(ConfigError) {
        (major, minor) = try Resources.BlockIO.number(at)
        rate = try at.required("rate", "the rate each second").integer()
    }
}

extension Resources.Network {
    init(_ at: JSONCursor) throws(ConfigError) {
        classID = try at["classID"]?.integer()
        let list = try at["priorities"]?.list { (at) throws(ConfigError) in
            (
                name: try at.required("name", "an interface's name").string(),
                priority: try at.required("priority", "a priority").integer(UInt32.self)
            )
        }
        for (name, priority) in list ?? [] { priorities[name] = priority }
    }
}

extension Resources.RemoteMemory {
    init(_ at: JSONCursor) throws(ConfigError) {
        handles = try at["hcaHandles"]?.integer()
        objects = try at["hcaObjects"]?.integer()
        guard handles != nil || objects != nil else {
            throw at.refused("neither hcaHandles nor hcaObjects is there: write one of them")
        }
    }
}
