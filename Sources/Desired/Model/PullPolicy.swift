// SPDX-License-Identifier: Apache-2.0

/// Whether an image is fetched when a desired state becomes a generation (05-services.md, "pull_policy").
///
/// A generation keeps the images that it began with, whatever the policy.
public enum PullPolicy: Sendable, Hashable {
    /// It must be on the node already.
    case never
    /// It is fetched when the node does not have it.
    case missing
    /// Its name is asked for at the registry each time.
    case always
    /// Its name is asked for again when the last time was longer ago than this.
    case every(Duration)

    /// As it is written in short: `daily` and `every_24h` are the same.
    public var word: String {
        switch self {
        case .never: "never"
        case .missing: "missing"
        case .always: "always"
        case .every(.seconds(86_400)): "daily"
        case .every(.seconds(604_800)): "weekly"
        case .every(let time): "every_\(time.components.seconds)s"
        }
    }

    /// Reads a policy; nil for what is none, or none that is honoured.
    init?(_ text: String) {
        switch text {
        case "never": self = .never
        case "missing", "if_not_present": self = .missing
        case "always": self = .always
        case "daily": self = .every(.seconds(86_400))
        case "weekly": self = .every(.seconds(604_800))
        default:
            guard text.hasPrefix("every_"), Self.isKnown(text) else { return nil }
            let units: [Character: Int64] = ["w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1]
            var seconds: Int64 = 0
            var number: Int64 = 0
            for character in text.dropFirst("every_".count) {
                if let digit = character.wholeNumberValue {
                    number = number * 10 + Int64(digit)  // `isKnown` holds it to 32 bits
                } else {
                    let (sum, isOver) = seconds.addingReportingOverflow(number * (units[character] ?? 1))
                    guard !isOver else { return nil }
                    seconds = sum
                    number = 0
                }
            }
            guard seconds > 0 else { return nil }
            self = .every(.seconds(seconds))
        }
    }
}
