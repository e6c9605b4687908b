// SPDX-License-Identifier: Apache-2.0
internal import Patterns

/// Decodes `x-martlet.logs`.
struct LogDecoder {
    private static let mostPatterns = 32
    private static let mostFields = 32
    private static let mostSinks = 32
    private static let ages = Duration.seconds(60)...(.seconds(3_650 * 86_400))

    func logs(_ field: Field) -> LogSettings {
        var logs = LogSettings()
        guard let fields = Fields(field, .logs) else { return logs }
        logs.format =
            fields["parse"]?.parsed("a format", "use none, json or logfmt") { .init(rawValue: $0) }
            ?? logs.format
        logs.multiline = fields["multiline"].flatMap(multiline)
        logs.redact = fields["redact"].map(redact) ?? []
        logs.sample = fields["sample"].flatMap(sample) ?? logs.sample
        logs.rateLimit = fields["rate_limit"].flatMap(rateLimit)
        logs.fields = fields["fields"].map(self.fields) ?? [:]
        logs.sinks = fields["sinks"].map(sinks)
        logs.onFull =
            fields["on_full"]?.parsed("what happens then", "use drop_oldest, drop_new or block") {
                .init(rawValue: $0)
            } ?? logs.onFull
        logs.keep = fields["keep"].map(keep) ?? logs.keep
        return logs
    }

    private func multiline(_ field: Field) -> LogSettings.Multiline? {
        guard let fields = Fields(field, .multiline),
            let start = fields.required("start", "add the expression of a first line, such as '^\\S'"),
            let text = start.string()
        else { return nil }
        do throws(PatternError) { _ = try Pattern(text) } catch { start.refuse(error.what, error.remedy) }
        var multiline = LogSettings.Multiline(start: text)
        if let timeout = fields["timeout"] {
            multiline.timeout = time(timeout, .milliseconds(10)...(.seconds(60))) ?? multiline.timeout
        }
        multiline.mostLines = fields["max_lines"]?.integer(2...10_000) ?? multiline.mostLines
        return multiline
    }

    private func redact(_ field: Field) -> [String] {
        let items = field.items()
        if items.count > Self.mostPatterns {
            field.refuse("more than \(Self.mostPatterns) expressions", "join some with '|'")
            return []
        }
        let texts = items.compactMap { item -> String? in
            guard let text = item.string() else { return nil }
            do throws(PatternError) {
                if try Pattern(text).canBeEmpty {
                    item.refuse("can match nothing, which is everywhere", "use '+' in place of '*'")
                }
            } catch {
                item.refuse(error.what, error.remedy)
            }
            return text
        }
        guard !field.findings.hasProblem(within: field.path) else { return texts }
        do throws(PatternError) { _ = try Pattern(anyOf: texts) } catch {
            field.refuse("all of them together: \(error.what)", error.remedy)
        }
        return texts
    }

    private func sample(_ field: Field) -> Int? {
        Fields(field, .sample)?.required("rate", "say of how many lines one is kept")?.integer(1...1_000_000)
    }

    private func rateLimit(_ field: Field) -> LogSettings.RateLimit? {
        guard let fields = Fields(field, .rateLimit) else { return nil }
        var limit = LogSettings.RateLimit()
        limit.lines = fields["lines"]?.parsed("a number of lines a second", "write for example 1000/s") {
            Self.perSecond($0).flatMap { Int(digits: $0) }.flatMap {
                (1...1_000_000_000).contains($0) ? $0 : nil
            }
        }
        limit.bytes = fields["bytes"]?.parsed("a size a second", "write for example 1M/s") {
            Self.perSecond($0).flatMap { ByteCount(String($0)) }.map(\.bytes).flatMap {
                $0 >= 1_024 ? $0 : nil
            }
        }
        if let burst = fields["burst"] {
            limit.burst = time(burst, .milliseconds(100)...(.seconds(3_600))) ?? limit.burst
        }
        if limit.lines == nil, limit.bytes == nil, !field.findings.hasProblem(within: field.path) {
            field.refuse("limits nothing", "add 'lines' or 'bytes'")
        }
        return limit
    }

    /// What is before `/s`.
    static func perSecond(_ text: String) -> Substring? { text.hasSuffix("/s") ? text.dropLast(2) : nil }

    private func fields(_ field: Field) -> [String: String] {
        let pairs = field.pairs()
        if pairs.count > Self.mostFields {
            field.refuse("more than \(Self.mostFields) fields", "remove some")
        }
        var fields: [String: String] = [:]
        for (name, value, field) in pairs {
            if name.utf8.count > 64 || !Characters.isName(name, and: "_.-") {
                field.refuse(
                    "\(Characters.quoted(name)) is not the name of a field",
                    "use at most 64 letters, digits, '_', '.' and '-'"
                )
            } else if let value, value.utf8.count > 1_024 || Characters.hasControl(value) {
                field.refuse("is not the value of a field", "use at most 1024 bytes without line ends")
            }
            fields[name] = value ?? ""
        }
        return fields
    }

    /// Whether they are the node's, the node knows.
    private func sinks(_ field: Field) -> [String] {
        let items = field.items()
        if items.count > Self.mostSinks { field.refuse("more than \(Self.mostSinks) sinks", "remove some") }
        var names: Set<String> = []
        for item in items {
            let name = item.parsed("the name of a sink", "use letters, digits, '_', '.' and '-'") {
                $0.utf8.count <= 64 && Characters.isName($0, and: "_.-") ? $0 : nil
            }
            if let name, !names.insert(name).inserted { item.refuse("is given twice", "keep one of them") }
        }
        return names.sorted()
    }

    /// How much there may be, and how old it may get.
    func keep(_ field: Field) -> LogSettings.Keep {
        var keep = LogSettings.Keep()
        guard let fields = Fields(field, .keep) else { return keep }
        keep.size = fields["size"].flatMap(size)
        keep.age = fields["age"].flatMap { field in
            let days = (field.scalar?.text).flatMap { $0.hasSuffix("d") ? Int(digits: $0.dropLast()) : nil }
            return days.map { check(field, .seconds(86_400) * min($0, 10_000), Self.ages) }
                ?? time(field, Self.ages)
        }
        return keep
    }

    /// How much there may be.
    func size(_ field: Field) -> ByteCount? {
        guard let size = field.bytes() else { return nil }
        if !(1 << 20...1 << 40).contains(size.bytes) {
            field.refuse("must be at least 1M and at most 1T", "write for example 256M")
        }
        return size
    }

    private func time(_ field: Field, _ range: ClosedRange<Duration>) -> Duration? {
        field.duration().map { check(field, $0, range) }
    }

    private func check(_ field: Field, _ time: Duration, _ range: ClosedRange<Duration>) -> Duration {
        if !range.contains(time) {
            field.refuse(
                "must be at least \(range.lowerBound.printed) and at most \(range.upperBound.printed)"
            )
        }
        return time
    }
}
