// SPDX-License-Identifier: Apache-2.0

/// A JSON value, to compare two models place by place.
enum JSON: Equatable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case list([JSON])
    case object([String: JSON])

    /// Where two values differ, as `PATH: OURS vs THEIRS`, in the order of the paths.
    static func differences(_ ours: JSON?, _ theirs: JSON?, at path: String = "") -> [String] {
        switch (ours, theirs) {
        case (.object(let a), .object(let b)):
            Set(a.keys).union(b.keys).sorted().flatMap { key in
                differences(a[key], b[key], at: path.isEmpty ? key : "\(path).\(key)")
            }
        case (.list(let a), .list(let b)) where a.count == b.count:
            zip(a, b).enumerated().flatMap { index, pair in
                differences(pair.0, pair.1, at: "\(path)[\(index)]")
            }
        default:
            ours == theirs ? [] : ["\(path): \(text(ours)) vs \(text(theirs))"]
        }
    }

    private static func text(_ value: JSON?) -> String { value.map(\.description) ?? "absent" }
}

extension JSON: CustomStringConvertible {
    /// Compact, with sorted keys.
    var description: String {
        switch self {
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
        case .string(let value): "\"\(value.replacing("\n", with: "\\n"))\""
        case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
                + "}"
        }
    }
}

extension JSON: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }
}
