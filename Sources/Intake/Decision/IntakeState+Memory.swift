// SPDX-License-Identifier: Apache-2.0
internal import Desired

extension IntakeState {
    /// What is remembered of what the sources say now.
    ///
    /// Not of apps that nobody takes, for two sources say them.
    mutating func remember(_ conflicts: [String: [String: String]], _ holdings: [String: Holding], now: Int64)
    {
        for source in sources where source.isGood {
            let apps = source.good?.apps ?? [:]
            memory.applied[source.name] = memory.applied[source.name]?.filter { apps[$0.key] != nil }
            for (name, app) in apps where conflicts[source.name]?[name] == nil {
                guard let version = app.app.claims.version else { continue }
                memory.versions[name] = SourceMemory.Version(number: version, digest: app.digest)
            }
        }
        // What was seen to expire stays so, whatever the clock says later.
        let said = sources.flatMap { $0.latest?.apps.values.compactMap(\.app.claims.expires) ?? [] }
        let ends = (said + holdings.values.compactMap(\.claims.expires)).filter { $0 <= now }
        if let last = ends.max(), last > memory.clock { memory.clock = now }
    }
}
