// SPDX-License-Identifier: Apache-2.0

/// The options of an OCI mount, sorted by what they mean: OCI runtime specification, "Linux mount options".
public struct MountOptions {
    typealias Attributes = ContainerSpec.Mount.Attributes

    var isBind = false
    var isRecursive = false
    var attributes = Attributes()
    var recursiveAttributes = Attributes()
    var propagation: Propagation?
    /// `idmap` or `ridmap`, and whether it is the latter.
    var mapsRecursively: Bool?
    var copiesUp = false
    /// What is left is for the file system.
    var options: [(key: String, value: String)] = []
    var flags: [String] = []

    /// The access time's kind is one value of three bits, mount_setattr(2).
    private static let accessTime: UInt64 = 0x70

    private static let words: [String: Attributes] = [
        "ro": set(0x1), "rw": clear(0x1),
        "nosuid": set(0x2), "suid": clear(0x2),
        "nodev": set(0x4), "dev": clear(0x4),
        "noexec": set(0x8), "exec": clear(0x8),
        "relatime": time(0x0), "norelatime": time(0x0), "atime": time(0x0),
        "noatime": time(0x10), "strictatime": time(0x20), "nostrictatime": time(0x0),
        "nodiratime": set(0x80), "diratime": clear(0x80),
        "nosymfollow": set(0x20_0000), "symfollow": clear(0x20_0000),
    ]

    private static let kinds: [String: Propagation.Kind] = [
        "private": .private, "shared": .shared, "slave": .slave, "unbindable": .unbindable,
    ]

    /// What holds anyway, or is the superblock's and not this mount's.
    private static let usual: Set = [
        "defaults", "async", "nomand", "nolazytime", "noiversion", "loud", "nofail",
    ]
    private static let superblock: Set = ["sync", "dirsync", "mand", "lazytime", "silent", "iversion"]

    /// Every word that is not the file system's own.
    public static var known: [String] {
        let recursive = words.keys.map { "r" + $0 } + kinds.keys.map { "r" + $0 }
        return Array(words.keys) + recursive + Array(kinds.keys) + Array(usual) + Array(superblock)
            + ["bind", "rbind", "idmap", "ridmap", "tmpcopyup"]
    }

    private static func set(_ bits: UInt64) -> Attributes { Attributes(set: bits) }
    private static func clear(_ bits: UInt64) -> Attributes { Attributes(clear: bits) }
    private static func time(_ bits: UInt64) -> Attributes { Attributes(set: bits, clear: accessTime) }

    /// Sorts the options; the last of those that contradict each other wins.
    init(_ words: [String]) throws(ContainerError) {
        for word in words {
            if let change = Self.words[word] {
                attributes.apply(change)
            } else if word.first == "r", let change = Self.words[String(word.dropFirst())] {
                recursiveAttributes.apply(change)
            } else if let kind = Self.kinds[word] {
                propagation = Propagation(kind, isRecursive: false)
            } else if word.first == "r", let kind = Self.kinds[String(word.dropFirst())] {
                propagation = Propagation(kind, isRecursive: true)
            } else {
                try takeOther(word)
            }
        }
    }

    private mutating func takeOther(_ word: String) throws(ContainerError) {
        switch word {
        case "bind": isBind = true
        case "rbind": (isBind, isRecursive) = (true, true)
        case "idmap": mapsRecursively = false
        case "ridmap": mapsRecursively = true
        case "tmpcopyup": copiesUp = true
        case "remount":
            throw ContainerError(
                step: "mount",
                word,
                cause: .unsupported("nothing is mounted twice: give the options to the mount itself")
            )
        case _ where Self.usual.contains(word): break
        case _ where Self.superblock.contains(word): flags.append(word)
        default:
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 {
                options.append((String(parts[0]), String(parts[1])))
            } else {
                flags.append(word)
            }
        }
    }
}

extension ContainerSpec.Mount.Attributes {
    fileprivate mutating func apply(_ change: Self) {
        set = set & ~(change.set | change.clear) | change.set
        clear |= change.clear
        clear &= ~(change.set & ~0x70)
    }
}
