// SPDX-License-Identifier: Apache-2.0
internal import Desired

// Jobs: their runs are nobody's replicas, and those without a schedule are a part of the way.
extension Draft {
    /// A job without a schedule runs if it never has as it is defined now.
    func run(_ job: Job) -> [Step] {
        let key = app.runKey(of: job, image: digests[job.name] ?? "")
        let done = completed["\(app.name)/\(job.name)"] ?? []
        guard job.schedule == nil, !done.contains(key) else { return [] }
        let path = "x-jobs.\(job.name)"
        return waits(of: job.service)
            + [Step(.run(job: job.name), done.isEmpty ? .new(path) : .changed([path]))]
    }

    /// Why a run that goes on ends now; nil if it may go on to its end.
    func end(of run: Observed.Instance, movesNetwork: Bool) -> Reason? {
        guard let job = app.job(run.service) else { return .gone }
        guard movesNetwork, let fields = changes(run, job.service),
            fields.contains(where: Draft.concernsNetworks)
        else { return nil }
        return .changed(fields)
    }
}
