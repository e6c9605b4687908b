// SPDX-License-Identifier: Apache-2.0

/// Which ids of a container are which of the host, user_namespaces(7); a version has those of the container.
package struct IdentityMap: Equatable, Sendable {
    /// Ids that follow each other on both sides.
    package struct Range: Equatable, Sendable {
        package let inside: UInt32
        package let outside: UInt32
        package let count: UInt32

        /// `count` ids from `inside` on are those from `outside` on.
        package init(inside: UInt32, outside: UInt32, count: UInt32) {
            self.inside = inside
            self.outside = outside
            self.count = count
        }
    }

    /// Whoever has no id on the other side: overflowuid, proc(5).
    private static let nobody: UInt32 = 65_534

    package var users: [Range]
    package var groups: [Range]

    /// Maps users and groups; with no ranges each id is itself.
    package init(users: [Range] = [], groups: [Range] = []) {
        self.users = users
        self.groups = groups
    }

    /// From the host's ids to the container's.
    package var inverse: IdentityMap {
        func turned(_ ranges: [Range]) -> [Range] {
            ranges.map { Range(inside: $0.outside, outside: $0.inside, count: $0.count) }
        }
        return IdentityMap(users: turned(users), groups: turned(groups))
    }

    /// What a file has on the other side, its access lists included.
    package func mapped(_ attributes: TreeEntry.Attributes) -> TreeEntry.Attributes {
        guard !users.isEmpty || !groups.isEmpty else { return attributes }
        var mapped = attributes
        mapped.uid = Self.map(attributes.uid, by: users)
        mapped.gid = Self.map(attributes.gid, by: groups)
        mapped.extended = attributes.extended.map { attribute in
            guard attribute.name.starts(with: "system.posix_acl_".utf8) else { return attribute }
            return TreeEntry.Extended(name: attribute.name, value: list(attribute.value))
        }
        return mapped
    }

    private static func map(_ id: UInt32, by ranges: [Range]) -> UInt32 {
        guard !ranges.isEmpty else { return id }
        let range = ranges.first { id >= $0.inside && id - $0.inside < $0.count }
        return range.map { $0.outside &+ (id - $0.inside) } ?? nobody
    }

    /// An access list, as in linux/posix_acl_xattr.h.
    ///
    /// A version of 4 bytes, then for each entry its kind, its rights (2 bytes each), and its id (4). Kinds 2 and 8 are
    /// named users and groups.
    private func list(_ value: [UInt8]) -> [UInt8] {
        guard value.count >= 4, value.count % 8 == 4 else { return value }
        var mapped = value
        for place in stride(from: 4, to: value.count, by: 8) {
            let ranges: [Range]
            switch value[place] {
            case 2: ranges = users
            case 8: ranges = groups
            default: continue
            }
            let id = value[place + 4..<place + 8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            withUnsafeBytes(of: Self.map(id, by: ranges).littleEndian) {
                mapped.replaceSubrange(place + 4..<place + 8, with: $0)
            }
        }
        return mapped
    }
}

extension IdentityMap: CustomStringConvertible {
    /// `INSIDE:OUTSIDE:COUNT`, with commas between users' and a slash before groups'.
    package var description: String {
        [users, groups].map { ranges in
            ranges.map { "\($0.inside):\($0.outside):\($0.count)" }.joined(separator: ",")
        }.joined(separator: "/")
    }

    /// Reads what `description` made; nil for anything else.
    package init?(_ text: String) {
        let sides = text.split(separator: "/", omittingEmptySubsequences: false)
        guard sides.count == 2 else { return nil }
        var ranges: [[Range]] = [[], []]
        for (side, text) in sides.enumerated() {
            for part in text.split(separator: ",", omittingEmptySubsequences: !text.contains(",")) {
                let numbers = part.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
                guard numbers.count == 3, let inside = numbers[0], let outside = numbers[1],
                    let count = numbers[2],
                    count > 0, inside <= UInt32.max - count, outside <= UInt32.max - count
                else { return nil }
                ranges[side].append(Range(inside: inside, outside: outside, count: count))
            }
        }
        guard ranges.allSatisfy({ $0.count <= 340 }) else { return nil }
        (users, groups) = (ranges[0], ranges[1])
    }
}
