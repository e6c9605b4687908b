// SPDX-License-Identifier: Apache-2.0

extension LogSettings {
    /// The settings as canonical JSON, which `changes(from:)` compares; `{}` by default.
    public var text: String { canonical.text }

    /// The words of the file in which these settings differ from others, as `x-martlet.logs.redact`, ordered.
    public func changes(from text: String) -> [String] {
        (App.changedFields(from: text, to: self.text) ?? []).map { "x-martlet.logs.\($0)" }
    }

    var canonical: Canonical {
        .object([
            "fields": .map(fields),
            "keep": keep == Keep()
                ? nil : .object(["age": .duration(keep.age), "size": .number(keep.size?.bytes)]),
            "multiline": multiline.map {
                .object([
                    "max_lines": .number($0.mostLines), "start": .string($0.start),
                    "timeout": .duration($0.timeout),
                ])
            },
            "on_full": onFull == .dropOldest ? nil : .string(onFull.rawValue),
            "parse": format == .none ? nil : .string(format.rawValue),
            "rate_limit": rateLimit.map {
                .object([
                    "burst": .duration($0.burst), "bytes": .number($0.bytes), "lines": .number($0.lines),
                ])
            },
            "redact": .strings(redact),
            "sample": sample == 1 ? nil : .number(sample),
            // None is something else than all.
            "sinks": sinks.map { .array($0.map { .string($0) }) },
        ])
    }
}
