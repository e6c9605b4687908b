// SPDX-License-Identifier: Apache-2.0
internal import Lazy
internal import Volumes

/// How the files of a volume may come to this node, as far as its app and its store have a say.
struct RestoreTerms: Sendable {
    /// Whether they are to come while they are read, if that can be.
    var isLazy: Bool
    /// The places in the range of user namespaces that containers which use it have; nil is the host's ids.
    var places: Set<Int?>
    /// Why they cannot, whatever the node is like; nil if they may.
    var reason: String?
    /// The version whose files take their place in any case; nil if none do.
    var next: CommitRecord?

    /// The place whose ids they are told with if they come while they are read; nil inside if it is the host's, and nil
    /// if they come before.
    func place(_ guarantee: VolumeGuarantee) -> Int?? {
        guard isLazy, obstacle(guarantee) == nil, let place = places.first else { return nil }
        return place
    }

    /// Why they come before the first start though they need not; nil if nothing is in the way.
    func obstacle(_ guarantee: VolumeGuarantee) -> String? {
        guard isLazy else { return nil }
        if let reason { return reason }
        if guarantee != .fenced { return "its store does not create atomically" }
        if places.count != 1 { return "its containers have other ids each: make them anew" }
        if !FuseMount.isKnown { return "the node has no /dev/fuse: modprobe fuse" }
        return nil
    }

    /// Whether files that are told with the ids of a mark are of use to all who use the volume.
    func fits(_ mark: VolumeFolder.Mark) -> Bool { places.allSatisfy { $0 == mark.place } }
}

extension IdentityMap {
    /// The ids of a place in the range of user namespaces; each id is itself for nil.
    init(place: Int?) {
        guard let place else {
            self.init()
            return
        }
        let range = Range(inside: 0, outside: IDRange.first(of: place), count: 65_536)
        self.init(users: [range], groups: [range])
    }
}
