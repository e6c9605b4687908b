// SPDX-License-Identifier: Apache-2.0

/// A list of device rules in the form that version 1 keeps: a default, and exceptions from it.
///
/// The kernel does not know an order, and takes an exception away by its very numbers alone
/// (cgroup-v1/devices.rst), so a list in which the last match decides has to be brought into this form.
struct DeviceList: Equatable {
    /// What no exception matches.
    private(set) var allowsOthers = false
    /// Allowed, or denied where others are allowed: never both kinds, and each number once.
    private(set) var exceptions: [DeviceRule] = []

    /// Throws for what this form cannot express.
    init(_ rules: [DeviceRule]) throws(ContainerError) {
        for rule in rules { try add(rule) }
    }

    /// Reads `devices.list`.
    ///
    /// Where others are allowed the kernel tells no exceptions.
    init(listed: String) {
        for line in listed.split(separator: "\n") {
            let fields = line.split { $0 == " " || $0 == ":" }
            guard fields.count == 4, let kind = DeviceRule.Kind(rawValue: String(fields[0])),
                let access = DeviceRule.Access(String(fields[3]))
            else { continue }
            if kind == .all {
                allowsOthers = true
            } else {
                exceptions.append(
                    DeviceRule(
                        allow: true,
                        kind,
                        major: UInt32(fields[1]),
                        minor: UInt32(fields[2]),
                        access: access
                    )
                )
            }
        }
    }

    private mutating func add(_ rule: DeviceRule) throws(ContainerError) {
        guard !rule.access.isEmpty else { return }
        if rule.kind == .all {
            if rule.major == nil, rule.minor == nil, rule.access == .everything {
                allowsOthers = rule.allow
                return exceptions = []
            }
            for kind in [DeviceRule.Kind.block, .character] {
                var part = rule
                part.kind = kind
                try add(part)
            }
            return
        }
        guard rule.allow != allowsOthers else { return try withdraw(rule) }
        if let same = exceptions.firstIndex(where: { $0.covers(rule) && rule.covers($0) }) {
            exceptions[same].access.formUnion(rule.access)
        } else {
            exceptions.append(rule)
        }
    }

    /// Takes back what earlier exceptions say about the devices of a rule.
    private mutating func withdraw(_ rule: DeviceRule) throws(ContainerError) {
        for index in exceptions.indices where exceptions[index].overlaps(rule) {
            guard rule.covers(exceptions[index]) else {
                throw ContainerError(
                    step: "cgroup",
                    "devices",
                    cause: .unsupported(
                        "version 1 of control groups cannot \(rule) after it was told to \(exceptions[index]): "
                            + "name the single devices"
                    )
                )
            }
            exceptions[index].access.subtract(rule.access)
        }
        exceptions.removeAll { $0.access.isEmpty }
    }
}

extension DeviceRule {
    /// Whether every device of another rule of the same kind is one of this.
    fileprivate func covers(_ other: DeviceRule) -> Bool {
        kind == other.kind && (major == nil || major == other.major) && (minor == nil || minor == other.minor)
    }

    /// Whether the rules speak of a same device and a same access.
    fileprivate func overlaps(_ other: DeviceRule) -> Bool {
        kind == other.kind && !access.isDisjoint(with: other.access)
            && (major == nil || other.major == nil || major == other.major)
            && (minor == nil || other.minor == nil || minor == other.minor)
    }
}

extension DeviceList {
    /// What is written to `devices.deny` and `devices.allow` to come from another list to this one.
    ///
    /// What is denied goes first, so that at no time more is allowed than by either list; but for a list that
    /// allows others, since exceptions can be made only after that.
    func writes(from old: DeviceList?) -> [(file: String, value: String)] {
        func line(_ allow: Bool, _ rule: DeviceRule) -> (String, String) {
            (allow ? "devices.allow" : "devices.deny", rule.text)
        }
        guard !allowsOthers else {
            return [("devices.allow", "a")] + exceptions.map { line(false, $0) }
        }
        guard let old, !old.allowsOthers else {
            return [("devices.deny", "a")] + exceptions.map { line(true, $0) }
        }
        var denied: [(String, String)] = []
        for rule in old.exceptions {
            var gone = rule
            for kept in exceptions where kept.covers(rule) && rule.covers(kept) {
                gone.access.subtract(kept.access)
            }
            if !gone.access.isEmpty { denied.append(line(false, gone)) }
        }
        return denied + exceptions.filter { !old.exceptions.contains($0) }.map { line(true, $0) }
    }
}
