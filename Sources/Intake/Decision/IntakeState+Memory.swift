// SPDX-License-Identifier: Apache-2.0
internal import Desired

extension IntakeState {
    /// What is remembered of what the sources say now.
    mutating func remember(now: Int64) {
        for source in sources where source.isGood {
            let apps = source.good?.apps ?? [:]
            memory.applied[source.name] = memory.applied[source.name]?.filter { apps[$0.key] != nil }
            for (name, app) in apps {
                guard let version = app.app.claims.version else { continue }
                memory.versions[name] = SourceMemory.Version(number: version, digest: app.digest)
            }
        }
        // What was seen to expire stays so, whatever the clock says later.
        let ends = sources.filter { $0.trouble?.state == .expired }.flatMap { source in
            source.latest?.apps.values.compactMap(\.app.claims.expires).filter { $0 <= now } ?? []
        }
        if let last = ends.max(), last > memory.clock { memory.clock = now }
    }
}
