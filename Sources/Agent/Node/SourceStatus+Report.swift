// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Intake

extension SourceStatus {
    init(_ report: SourceReport) {
        self.init(
            name: report.name,
            kind: report.kind,
            isOptional: report.isOptional,
            state: report.state.rawValue,
            since: Timestamp.text(report.since * 1_000_000_000),
            revision: report.revision,
            reason: report.reason,
            apps: report.apps
        )
    }
}
