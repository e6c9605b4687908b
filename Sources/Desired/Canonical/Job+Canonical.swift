// SPDX-License-Identifier: Apache-2.0
internal import Calendar

extension Job {
    var canonical: Canonical {
        let members = service.liveMembers.merging(service.fixedMembers) { first, _ in first }
        let own: [String: Canonical?] = [
            "keep": .number(keep), "missed": .string(missed.rawValue), "overlap": .string(overlap.rawValue),
            "retries": .number(retries), "schedule": .text(schedule?.text), "time_zone": .string(timeZone),
            "timeout": .duration(timeout),
        ]
        return .object(members.merging(own) { first, _ in first })
    }
}

extension App {
    /// Names what a run of a job does with an image of this digest: one without a schedule runs once for each.
    public func runKey(of job: Job, image digest: String) -> String {
        "\(Hash.digest(of: replaceKey(of: job.service)))@\(digest)"
    }
}
