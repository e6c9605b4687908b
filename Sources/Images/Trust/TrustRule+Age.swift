// SPDX-License-Identifier: Apache-2.0

extension TrustRule {
    /// Refuses an image that this node has not known for long enough; times in nanoseconds since 1970.
    func checkAge(of reference: Reference, since first: Int64, now: Int64) throws(ImageError) {
        guard let minimumAge else { return }
        let age = Duration.nanoseconds(max(0, now - first))
        guard age < minimumAge else { return }
        throw refusal(
            of: reference,
            "this node has known it for \(Self.spelled(age)), and min_age is \(Self.spelled(minimumAge))",
            "wait \(Self.spelled(minimumAge - age)), or bring it with --now",
            opensAt: now + Int64((minimumAge - age) / .nanoseconds(1))
        )
    }

    /// Hours and minutes, or seconds: `71h59m`, `45s`.
    private static func spelled(_ duration: Duration) -> String {
        let seconds = duration.components.seconds + (duration.components.attoseconds > 0 ? 1 : 0)
        guard seconds >= 60 else { return "\(seconds)s" }
        let minutes = seconds / 60 % 60
        return (seconds >= 3600 ? "\(seconds / 3600)h" : "") + (minutes > 0 ? "\(minutes)m" : "")
    }
}
