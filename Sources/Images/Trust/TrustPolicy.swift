// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Which images this node runs: rules by prefix of the repository, and one for all that no prefix covers.
///
/// It fails closed: what cannot be fetched, read or verified is refused.
public struct TrustPolicy: Sendable {
    /// When an image is judged, which decides what can be asked of it.
    public enum Moment: Sendable {
        /// A user brings it from a file: no name is asked for yet, and its age only begins.
        case importing
        /// It is wanted by a name, and only its documents are here.
        case pulling
        /// It is about to run.
        case starting
    }

    let rules: [TrustRule]
    let fallback: TrustRule

    /// A policy of rules for prefixes, no two alike, and one rule for all other images.
    public init(rules: [TrustRule], fallback: TrustRule) {
        self.rules = rules
        self.fallback = fallback
    }

    /// The policy of a node that has no rules: all may run.
    public static let open = TrustPolicy(rules: [], fallback: TrustRule(name: "default"))

    /// The rule for an image: that of the longest prefix which covers its repository.
    public func rule(for reference: Reference) -> TrustRule {
        var best = (rule: fallback, length: -1)
        for rule in rules {
            for prefix in rule.prefixes where prefix.covers(reference) && prefix.text.utf8.count > best.length
            {
                best = (rule, prefix.text.utf8.count)
            }
        }
        return best.rule
    }

    /// Judges an image before anything more of it is brought here or started.
    ///
    /// Whatever the outcome, the store remembers when it first saw the image; of one that may run also the verdict
    /// and the signatures, so that it can be judged again without a network.
    ///
    /// - Parameters:
    ///   - subject: The image. Its name was resolved, and the indexes and the manifest were checked against their
    ///     digests.
    ///   - source: Where its signatures are; asked only if a rule wants some.
    ///   - store: The store that the image is in, or will be.
    ///   - moment: What happens next.
    ///   - waivingAge: The image counts as old enough from now on.
    ///   - now: Nanoseconds since 1970.
    /// - Returns: That it may run, and why.
    /// - Throws: `ImageError` with the cause `refused` if it may not run, another one if the store fails.
    @discardableResult
    public func judge(
        _ subject: TrustSubject,
        by source: any SignatureSource,
        in store: ImageStore,
        at moment: Moment,
        waivingAge: Bool = false,
        now: Int64 = TrustPolicy.now()
    ) throws(ImageError) -> TrustVerdict {
        let before = try store.trustRecord(of: subject.manifest)
        var record = TrustRecord(before, waivingAge: waivingAge, now: now)
        if record != before { try store.keep(record, of: subject.manifest) }
        let verdict = try decide(on: subject, by: source, at: moment, &record, now: now)
        try store.keep(record, of: subject.manifest)
        return verdict
    }

    /// Decides, and puts into the record what the decision stands on.
    func decide(
        on subject: TrustSubject,
        by source: any SignatureSource,
        at moment: Moment,
        _ record: inout TrustRecord,
        now: Int64
    ) throws(ImageError) -> TrustVerdict {
        let demand = try demand(on: subject.reference, verify: subject.verify)
        var signed: Digest?
        var keys: Set<Digest> = []
        for rule in demand.rules {
            guard let signers = try check(subject, rule, by: source, at: moment, &record, now: now) else {
                continue
            }
            signed = signers.signed
            keys.formUnion(signers.keys.map(\.fingerprint))
        }
        let verdict = TrustVerdict(
            rule: demand.chief.name,
            ruleDigest: demand.digest,
            name: "\(subject.reference)",
            digest: subject.manifest,
            signed: signed,
            keys: keys.sorted { $0.hex < $1.hex },
            judgedAt: now
        )
        record.verdict = verdict
        return verdict
    }

    /// Throws unless one rule lets an image run; who has signed it, if the rule asks for that.
    private func check(
        _ subject: TrustSubject,
        _ rule: TrustRule,
        by source: any SignatureSource,
        at moment: Moment,
        _ record: inout TrustRecord,
        now: Int64
    ) throws(ImageError) -> (signed: Digest, keys: Set<PublicKey>)? {
        if rule.denies {
            throw rule.refusal(
                of: subject.reference,
                "it denies every image",
                "use an image that another rule covers"
            )
        }
        let digests = try refusing(rule, subject) { () throws(ImageError) in try subject.digests() }
        if rule.needsDigest, moment != .importing {
            guard let digest = subject.reference.digest, digests.contains(digest) else {
                throw rule.refusal(
                    of: subject.reference,
                    subject.reference.digest == nil
                        ? "its name has no digest" : "its name has the digest of another image",
                    "write \(subject.reference.name)@\(digests[0])"
                )
            }
        }
        var signers: (signed: Digest, keys: Set<PublicKey>)?
        if !rule.keys.isEmpty {
            let material = try refusing(rule, subject) { () throws(ImageError) in
                try SignatureMaterial(for: subject, from: source)
            }
            signers = try refusing(rule, subject) { () throws(ImageError) in
                try rule.signers(of: subject.reference, digests, material)
            }
            record.material = material
            record.indexes = subject.indexes
        }
        if moment != .importing, !record.isAgeWaived {
            try rule.checkAge(of: subject.reference, since: record.firstSeen, now: now)
        }
        return signers
    }

    /// Judges an image that the store has, by the signatures that came with it.
    ///
    /// A verdict on the same manifest by the same rule, `earlier`, is taken as it is: nothing is read then.
    public func judge(
        _ image: Image,
        as reference: Reference,
        verify: String? = nil,
        in store: ImageStore,
        earlier: TrustVerdict? = nil,
        waivingAge: Bool = false,
        now: Int64 = TrustPolicy.now()
    ) throws(ImageError) -> TrustVerdict {
        if let earlier, stands(earlier, on: image.digest, as: reference, verify: verify) { return earlier }
        let record = try store.trustRecord(of: image.digest)
        let subject = TrustSubject(
            reference: reference,
            manifest: image.digest,
            indexes: record?.indexes ?? [],
            verify: verify
        )
        return try judge(
            subject,
            by: record?.material ?? SignatureMaterial(),
            in: store,
            at: .starting,
            waivingAge: waivingAge,
            now: now
        )
    }

    /// Whether a verdict is on this manifest under this name, and by the rules as they are now.
    public func stands(
        _ verdict: TrustVerdict,
        on manifest: Digest,
        as reference: Reference,
        verify: String? = nil
    ) -> Bool {
        guard let demand = try? demand(on: reference, verify: verify) else { return false }
        return verdict.digest == manifest && verdict.name == "\(reference)"
            && verdict.ruleDigest == demand.digest
    }

    /// The wall clock in nanoseconds since 1970.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// A failure on the way to a verdict is a refusal.
    private func refusing<Result>(
        _ rule: TrustRule,
        _ subject: TrustSubject,
        _ body: () throws(ImageError) -> Result
    ) throws(ImageError) -> Result {
        do throws(ImageError) {
            return try body()
        } catch {
            if case .refused = error.cause { throw error }
            throw rule.refusal(
                of: subject.reference,
                "what it is judged by cannot be had (\(error))",
                "mend that, then pull or import it again"
            )
        }
    }
}
