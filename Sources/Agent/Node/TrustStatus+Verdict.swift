// SPDX-License-Identifier: Apache-2.0
public import Control
public import Images

extension TrustStatus {
    /// What is told of a verdict.
    public init(_ verdict: TrustVerdict) {
        self.init(
            rule: verdict.rule,
            digest: "\(verdict.digest)",
            signed: verdict.signed.map { "\($0)" },
            keys: verdict.keys.map { "\($0)" },
            judgedAt: Timestamp.text(verdict.judgedAt)
        )
    }
}
