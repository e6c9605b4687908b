// SPDX-License-Identifier: Apache-2.0
public import Linux
internal import Patterns

/// What is done with the lines of an instance before they come to its spool.
///
/// Made once for an instance; the capture thread then uses it.
public struct LineRules: Sendable {
    /// A secret that no line may show.
    public struct Secret: Sendable {
        /// What it is called in its place.
        public let name: String
        /// What it is.
        public let content: SecretContent

        /// A secret of a container.
        public init(_ name: String, _ content: SecretContent) {
            self.name = name
            self.content = content
        }
    }

    /// How much may come, of both streams together.
    public struct Rate: Sendable, Equatable {
        /// Lines a second; nil is any number.
        public var lines: Int?
        /// Bytes a second; nil is any number.
        public var bytes: Int64?
        /// So long the limit may be saved up, in nanoseconds.
        let burst: Double

        /// A limit.
        public init(lines: Int? = nil, bytes: Int64? = nil, burst: Duration = .seconds(1)) {
            self.lines = lines
            self.bytes = bytes
            self.burst = burst / .nanoseconds(1)
        }
    }

    let literals: LiteralSet?
    let pattern: Pattern?
    let rate: Rate?
    let sample: UInt64
    /// The secrets of which some part is too long to be looked for.
    public let unwatched: [String]

    /// Rules; without any argument there are none, and nothing is spent on lines.
    ///
    /// - Throws: `LogError` if a pattern is no expression.
    public init(
        secrets: [Secret] = [],
        redact: [String] = [],
        rate: Rate? = nil,
        sample: Int = 1
    ) throws(LogError) {
        let forms = SecretForms(secrets)
        literals = forms.all.isEmpty ? nil : LiteralSet(forms.all)
        unwatched = forms.unwatched
        do throws(PatternError) {
            pattern = redact.isEmpty ? nil : try Pattern(anyOf: redact)
        } catch {
            throw LogError(.capture, "redact", reason: "\(error)")
        }
        self.rate = rate
        self.sample = UInt64(max(1, sample))
    }

    /// Whether there is nothing to be done.
    public var isEmpty: Bool { literals == nil && pattern == nil && rate == nil && sample == 1 }
}
