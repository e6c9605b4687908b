// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images

/// What rules and services say of an image that was found.
struct ImageJudgement: Sendable {
    /// That it may run; nil if the node has no rules for that, or if it is held.
    var verdict: TrustVerdict?
    /// What is too young for whom, and until when in nanoseconds since 1970.
    var hold: (path: String, reason: String, opensAt: Int64)?

    /// Judges an image; `waivingAge` says that it is old enough from now on.
    ///
    /// Blocks on disk and network. Throws `TrustRefusal` if time alone will not help.
    init(
        _ image: FoundImage,
        for service: Service,
        by trust: TrustPolicy?,
        in store: ImageStore,
        waivingAge: Bool
    ) throws {
        let demand = service.imageDemand, now = TrustPolicy.now()
        // A node without rules has none of that name, which is what the policy says then.
        let trust = trust ?? (demand.verify == nil ? nil : .open)
        do throws(ImageError) {
            verdict = try image.judge(by: trust, verify: demand.verify, in: store, waivingAge: waivingAge)
        } catch {
            guard case .refused(let refusal) = error.cause else { throw error }
            guard let opensAt = refusal.opensAt else { throw refusal }
            hold = ("image", "trust.images.\(refusal.rule).min_age: \(refusal.why)", opensAt)
        }
        guard let minimum = demand.minimumAge,
            let age = try store.age(of: image.digest, waiving: waivingAge, now: now), age < minimum
        else { return }
        let opensAt = now + Int64((minimum - age) / .nanoseconds(1))
        guard opensAt > hold?.opensAt ?? 0 else { return }
        let since = Timestamp.text(now - Int64(age / .nanoseconds(1)))
        let path = "x-martlet.image.min_age"
        hold = (path, "\(path): this node has known it since \(since)", opensAt)
        verdict = nil
    }
}
