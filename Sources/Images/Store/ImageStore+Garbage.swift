// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Removing what nothing needs.
extension ImageStore {
    /// Removes content that no name and no pin needs, unfinished blobs and what a scrub has set aside; with `unused`
    /// also the names that no pin needs and that were not used for so long.
    public func prune(unused age: Duration? = nil) throws(ImageError) -> GarbageReport {
        try locked { () throws(ImageError) in
            var report = GarbageReport()
            if let age {
                var policy = GarbagePolicy()
                policy.minimumAge = age
                for victim in try victims(policy) { report.names += try forget(victim) }
            }
            report.bytes += try content.removeParts()
            try clearDamaged()
            report.add(try collect(pinned: []))
            return report
        }
    }

    /// Removes what no name and no pin needs and what came before `minimumAge`, such as the layers that a pull had
    /// brought when it failed; unless someone is at work.
    ///
    /// Until then another pull of the same image goes on with them.
    public func collectLeftovers(_ policy: GarbagePolicy) throws(ImageError) -> GarbageReport {
        let oldest = Int64(time(nil)) - policy.minimumAge.components.seconds
        return try ifQuiet { () throws(ImageError) in
            try content.sweep()
            return try collect(pinned: [], before: oldest)
        } ?? GarbageReport()
    }

    /// Keeps the disk from filling: from the high mark on, removes content that nothing needs, then images that no pin
    /// needs, the longest unused first, down to the low mark.
    public func collectGarbage(_ policy: GarbagePolicy) throws(ImageError) -> GarbageReport {
        try collectGarbage(policy) { () throws(ImageError) in
            try attempt("look up", path) { () throws(LinuxError) in try root.fileSystemUse() }
        }
    }

    /// `use` tells how many percent of the disk are in use.
    func collectGarbage(
        _ policy: GarbagePolicy,
        use: () throws(ImageError) -> Int
    ) throws(ImageError) -> GarbageReport {
        var report = GarbageReport()
        guard try use() >= policy.high else { return report }
        try locked { () throws(ImageError) in
            report.bytes += try content.removeParts()
            report.add(try collect(pinned: []))
            for victim in try victims(policy) {
                guard try use() >= policy.low else { return }
                report.names += try forget(victim)
                report.add(try collect(pinned: []))
            }
        }
        return report
    }

    private func victims(_ policy: GarbagePolicy) throws(ImageError) -> [GarbagePolicy.Candidate] {
        var candidates: [GarbagePolicy.Candidate] = []
        for entry in try StoreRecord.read(from: root).images {
            // What cannot be read any more was used never.
            let lastUse = try content.lastUse(entry.manifest.digest) ?? 0
            candidates.append(
                GarbagePolicy.Candidate(name: entry.name, manifest: entry.manifest.digest, lastUse: lastUse)
            )
        }
        return policy.victims(among: candidates, pinned: try pinned(), now: Int64(time(nil)))
    }

    private func forget(_ victim: GarbagePolicy.Candidate) throws(ImageError) -> [String] {
        try changeRecord { record throws(ImageError) in
            // The name may point elsewhere by now.
            record.keep { $0.name != victim.name || $0.manifest.digest != victim.manifest }
        }
        return [victim.name]
    }
}
