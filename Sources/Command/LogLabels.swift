// SPDX-License-Identifier: Apache-2.0

/// What stands before each line for people: `web.1 | `, all as wide as the widest, in the colour of the service.
struct LogLabels {
    private struct Key: Hashable {
        let service: String
        let instance: Int
    }

    /// The services in the order of their colours; those that come later follow.
    private var services: [String]
    private var width = 0
    private let isPlain: Bool
    private var made: [Key: [UInt8]] = [:]
    private var last: (key: Key, bytes: [UInt8])?

    init(services: [String], isPlain: Bool) {
        self.services = services
        self.isPlain = isPlain
    }

    /// Makes room for an instance's label before its first line comes.
    mutating func expect(service: String, instance: Int) {
        if !services.contains(service) { services.append(service) }
        let own = Self.label(service, instance).displayWidth
        guard own > width else { return }
        width = own
        made = [:]
        last = nil
    }

    /// The label of an instance, which is as wide as those before it at least.
    mutating func label(service: String, instance: Int) -> [UInt8] {
        let key = Key(service: service, instance: instance)
        if let last, last.key == key { return last.bytes }
        let bytes = made[key] ?? make(key)
        made[key] = bytes
        last = (key, bytes)
        return bytes
    }

    private mutating func make(_ key: Key) -> [UInt8] {
        expect(service: key.service, instance: key.instance)
        let label = Self.label(key.service, key.instance)
        let padded = label + String(repeating: " ", count: width - label.displayWidth)
        if isPlain { return Array("\(padded) | ".utf8) }
        let place = services.firstIndex(of: key.service) ?? 0
        return Array("\(Terminal.paint("\(padded) |", service: place)) ".utf8)
    }

    private static func label(_ service: String, _ instance: Int) -> String {
        "\(Terminal.visible(service)).\(instance)"
    }
}
