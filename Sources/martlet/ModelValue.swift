// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import FoundationEssentials

/// A part of a desired state as the agent keeps it: JSON.
enum ModelValue: Codable, Equatable {
    case null
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([ModelValue])
    case mapping([String: ModelValue])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([ModelValue].self) {
            self = .list(list)
        } else {
            self = .mapping(try value.decode([String: ModelValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .flag(let flag): try value.encode(flag)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .mapping(let members): try value.encode(members)
        }
    }

    /// A member of a mapping; setting nil takes it away, setting one of what is no mapping makes it one.
    subscript(key: String) -> ModelValue? {
        get { if case .mapping(let members) = self { members[key] } else { nil } }
        set {
            var members: [String: ModelValue] = [:]
            if case .mapping(let present) = self { members = present }
            members[key] = newValue
            self = .mapping(members)
        }
    }

    /// A desired state of one service of this one, once, on a snapshot.
    ///
    /// What only one container can have is left out, and what it would wait for.
    func clone(of name: String, named app: String, on snapshot: String) throws(ControlError) -> ModelValue {
        guard var service = self["services"]?[name] else {
            throw ControlError(.absent, name, "the app has no such service", "see `martlet status`")
        }
        for key in ["ports", "container_name", "depends_on", "links", "scale", "external_links"] {
            service[key] = nil
        }
        if service["deploy"] != nil { service["deploy"]?["replicas"] = .integer(1) }
        if case .mapping(let networks) = service["networks"] {
            service["networks"] = .mapping(
                networks.mapValues { network in
                    guard case .mapping = network else { return network }
                    var network = network
                    network["ipv4_address"] = nil
                    return network
                }
            )
        }
        var own = service["x-martlet"] ?? .mapping([:])
        own["snapshot"] = .text(snapshot)
        if own["cpu"]?["exclusive"] != nil {
            own["cpu"]?["exclusive"] = nil
            service["cpuset"] = nil
        }
        service["x-martlet"] = own
        var model = self
        model["name"] = .text(app)
        // The names that Compose makes of the app's and their own.
        for section in ["networks", "volumes", "configs", "secrets"] {
            guard case .mapping(let members) = self[section], case .text(let old) = self["name"] else {
                continue
            }
            for (key, value) in members where value["name"] == .text("\(old)_\(key)") {
                model[section]?[key]?["name"] = nil
            }
        }
        model["services"] = .mapping([name: service])
        return model
    }
}
