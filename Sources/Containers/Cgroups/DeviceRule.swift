// SPDX-License-Identifier: Apache-2.0

/// What a group may do with some devices: the last rule of a list that matches decides, and what none matches is
/// denied.
public struct DeviceRule: Equatable, Sendable, CustomStringConvertible {
    /// Block or character devices, or both.
    public enum Kind: String, CaseIterable, Sendable {
        /// Both.
        case all = "a"
        /// Character devices.
        case character = "c"
        /// Block devices.
        case block = "b"
    }

    /// What can be done with a device; the bits are the kernel's `BPF_DEVCG_ACC_*`.
    public struct Access: OptionSet, Sendable {
        /// The bits.
        public let rawValue: Int32
        /// Takes bits.
        public init(rawValue: Int32) { self.rawValue = rawValue }
        /// mknod(2).
        public static let make = Access(rawValue: 1)
        /// Opening for reading.
        public static let read = Access(rawValue: 2)
        /// Opening for writing.
        public static let write = Access(rawValue: 4)
        /// Everything.
        public static let everything: Access = [.make, .read, .write]
    }

    /// Allows or denies.
    public var allow: Bool
    /// The devices' kind.
    public var kind: Kind
    /// Their major number; nil is any.
    public var major: UInt32?
    /// Their minor number; nil is any.
    public var minor: UInt32?
    /// What is allowed or denied.
    public var access: Access

    /// Describes a rule.
    public init(
        allow: Bool,
        _ kind: Kind = .all,
        major: UInt32? = nil,
        minor: UInt32? = nil,
        access: Access = .everything
    ) {
        self.allow = allow
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// As a version 1 file takes it: `c 1:3 rwm`.
    var text: String {
        let number = "\(major.map { "\($0)" } ?? "*"):\(minor.map { "\($0)" } ?? "*")"
        return "\(kind.rawValue) \(number) \(access)"
    }

    /// For example `allow c 1:3 rwm`.
    public var description: String { (allow ? "allow " : "deny ") + text }

    /// The devices that every container has: `null`, `zero`, `full`, `random`, `urandom`, `tty`, `ptmx` and the
    /// terminals; and any device node may be made.
    ///
    /// Other runtimes put the same after the rules of a configuration.
    public static let standard: [DeviceRule] =
        [DeviceRule(allow: true, .character, access: .make), DeviceRule(allow: true, .block, access: .make)]
        + [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2)].map {
            DeviceRule(allow: true, .character, major: $0.0, minor: $0.1)
        } + [DeviceRule(allow: true, .character, major: 136)]
}

extension DeviceRule.Access: CustomStringConvertible {
    /// Reads a configuration's `rwm`; another letter gives nil.
    public init?(_ letters: String) {
        self = []
        for letter in letters {
            switch letter {
            case "r": insert(.read)
            case "w": insert(.write)
            case "m": insert(.make)
            default: return nil
            }
        }
    }

    /// `rwm`, or the part of it.
    public var description: String {
        [(DeviceRule.Access.read, "r"), (.write, "w"), (.make, "m")].filter { contains($0.0) }.map(\.1)
            .joined()
    }
}

extension DeviceRule {
    /// What a device of a container allows.
    init(_ device: DeviceNode) {
        self.init(
            allow: true,
            device.isBlock ? .block : .character,
            major: device.number.major,
            minor: device.number.minor,
            access: Access(device.permissions) ?? []
        )
    }
}
