// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

extension StateStatus {
    /// For people, for example `held in cloud, version 12 2m ago; at risk 1 app, 20 lines`.
    func shown(now: Int64) -> String {
        let age = savedAt.flatMap { Spelling.age(since: $0, now: now) }.map { " \($0) ago" }
        let version = sequence.map { ", version \($0)\(age ?? "")" }
        let risks = [
            riskApps > 0 ? "\(riskApps) app\(riskApps == 1 ? "" : "s")" : nil,
            riskLines > 0 ? "\(riskLines) lines" : nil,
            leftOutBytes > 0 ? "\(Spelling.size(UInt64(leftOutBytes))) of logs" : nil,
        ].compactMap(\.self)
        return "\(state) in \(store)" + (version ?? "")
            + (risks.isEmpty ? "" : "; at risk " + risks.joined(separator: ", "))
            + (reason.isEmpty ? "" : "; \(reason)")
    }
}
