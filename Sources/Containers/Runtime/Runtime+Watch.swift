// SPDX-License-Identifier: Apache-2.0

extension Runtime {
    /// Watches a container from now on.
    ///
    /// Throws unless the container was made and has not stopped.
    public func watch(_ id: String) throws -> CgroupWatch {
        let (_, record) = try find(id, "events")
        guard try HostProcess.handle(record) != nil else { throw RuntimeError.notRunning("events", id) }
        return try CgroupWatch(try group(of: record))
    }
}
