// SPDX-License-Identifier: Apache-2.0

internal import Containers

/// One step into a value.
enum JSONStep: Hashable, CustomStringConvertible {
    case key(String)
    case index(Int)

    var description: String {
        switch self {
        case .key(let key): key.contains(".") ? "[\(key.debugDescription)]" : ".\(key)"
        case .index(let index): "[\(index)]"
        }
    }
}

extension [JSONStep] {
    /// As messages have it: `process.args[0]`.
    var place: String {
        let text = map(\.description).joined()
        return text.hasPrefix(".") ? String(text.dropFirst()) : text
    }
}

extension JSON {
    /// Every value below this one and the way there, in the order of the text.
    var places: [(path: [JSONStep], value: JSON)] {
        let children: [(JSONStep, JSON)] =
            switch self {
            case .array(let elements): elements.enumerated().map { (.index($0), $1) }
            case .object(let members): members.map { (.key($0.key), $0.value) }
            default: []
            }
        return children.flatMap { step, child in
            [([step], child)] + child.places.map { ([step] + $0.path, $0.value) }
        }
    }

    /// This with another value at a place; nil takes the member out.
    func replacing(_ path: some Collection<JSONStep>, with value: JSON?) -> JSON {
        guard let step = path.first else { return value ?? .null }
        let rest = path.dropFirst()
        switch (self, step) {
        case (.array(var elements), .index(let index)):
            if rest.isEmpty, value == nil {
                elements.remove(at: index)
            } else if index < elements.count {
                elements[index] = elements[index].replacing(rest, with: value)
            } else {
                elements.append(JSON.null.replacing(rest, with: value))
            }
            return .array(elements)
        case (.object(var members), .key(let key)):
            let index = members.firstIndex { $0.key == key }
            if rest.isEmpty, value == nil {
                members.removeAll { $0.key == key }
            } else if let index {
                members[index].value = members[index].value.replacing(rest, with: value)
            } else {
                members.append(.init(key, JSON.null.replacing(rest, with: value)))
            }
            return .object(members)
        default: return self
        }
    }
}
