// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Hummingbird

extension Request {
    /// A parameter of the query, without its percent signs; nil if it is not there or empty.
    func word(_ name: String) -> String? {
        uri.queryParameters[Substring(name)].flatMap { $0.isEmpty ? nil : String($0) }
    }

    /// All values of a parameter that may come more than once.
    func words(_ name: String) -> [String] { uri.queryParameters.getAll(name) }

    func flag(_ name: String) -> Bool { ["1", "true"].contains(word(name)) }

    /// A number from 0 to two billion; nil if it is not there.
    func number(_ name: String) throws -> Int? {
        guard let word = word(name) else { return nil }
        guard let number = Int(word), (0...2_000_000_000).contains(number) else {
            throw ControlError(.invalid, name, "'\(word)' is not a number from 0 to 2000000000")
        }
        return number
    }

    /// A time in nanoseconds since 1970.
    func nanoseconds(_ name: String) throws -> UInt64? {
        guard let word = word(name) else { return nil }
        guard let number = UInt64(word) else {
            throw ControlError(.invalid, name, "'\(word)' is not a time", "write nanoseconds since 1970")
        }
        return number
    }

    /// The instances that `service` and `instance` choose of an app.
    func selection(app: String) throws -> Node.Selection {
        Node.Selection(app: app, service: word("service"), instance: try number("instance"))
    }
}
