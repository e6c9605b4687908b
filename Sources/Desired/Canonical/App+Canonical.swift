// SPDX-License-Identifier: Apache-2.0
internal import Calendar

extension App {
    /// The resolved model as JSON with sorted keys and no spaces: equal apps have equal texts, whatever the
    /// order of keys, comments and spelling in their files.
    ///
    /// Members with their default are left out, sizes are bytes, durations nanoseconds. The digest of this
    /// text is the app's generation.
    public func canonicalJSON() -> String {
        Canonical.object([
            "configs": configs.isEmpty
                ? nil
                : .object(Dictionary(configs.map { ($0.name, $0.canonical) }) { first, _ in first }),
            "format": .integer(Int64(format)),
            "name": .string(name),
            "networks": .object(Dictionary(networks.map { ($0.name, $0.described) }) { first, _ in first }),
            "rollout": rollout.canonical,
            "secrets": secrets.isEmpty
                ? nil
                : .object(Dictionary(secrets.map { ($0.name, $0.canonical) }) { first, _ in first }),
            "services": .object(
                Dictionary(
                    services.map {
                        ($0.name, .object($0.liveMembers.merging($0.fixedMembers) { first, _ in first }))
                    }
                ) { first, _ in first }
            ),
            "volumes": .object(Dictionary(volumes.map { ($0.name, $0.described) }) { first, _ in first }),
            "windows": .strings(windows.map(\.text)),
            "x-jobs": jobs.isEmpty
                ? nil : .object(Dictionary(jobs.map { ($0.name, $0.canonical) }) { first, _ in first }),
        ]).text
    }

    /// What a new container is needed for: canonical JSON over exactly the fields of the service that cannot be
    /// changed while it runs, keyed by their names in the file, with the definitions of its networks.
    ///
    /// Left out are the contents of configs and secrets, which are compared by themselves (`contents(of:secrets:)`). Left out, because they are changed live or concern the agent alone: the image (its digest is compared, so
    /// that another name for the same content replaces nothing), `pull_policy`, `x-martlet.image`, `replicas`,
    /// `deploy` and all resource limits, `restart`, `healthcheck`, `x-martlet.probes`, `x-martlet.flap`, `x-martlet.logs`, `depends_on`, `labels`, `stop_signal` and
    /// `stop_grace_period`; and all that says how one is replaced.
    ///
    /// - Parameter service: A service of this app.
    /// - Returns: The text, which `changedFields(from:to:)` can compare.
    public func replaceKey(of service: Service) -> String {
        var members = service.fixedMembers
        members["networks"] = Canonical.list(service.networks) { attachment in
            var canonical = attachment.members
            canonical["definition"] = network(attachment.network)?.canonical
            return .object(canonical)
        }
        // Another store has other files; all else about how a volume is kept changes while it is in use.
        if volumes.contains(where: { $0.storage != nil }) {
            members["volumes"] = .list(service.mounts) { $0.canonical(in: self) }
        }
        return Canonical.object(members).text
    }

    /// The names of the top-level members in which two canonical texts differ, ordered; nil if one of them is not
    /// a canonical object.
    public static func changedFields(from old: String, to new: String) -> [String]? {
        guard let old = CanonicalMembers(old)?.members, let new = CanonicalMembers(new)?.members else {
            return nil
        }
        return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
    }
}

extension Config {
    fileprivate var canonical: Canonical {
        .object(["digest": .string(digest), "labels": .map(labels)])
    }
}

extension Secret {
    /// Of an encrypted one its digest: it is long.
    fileprivate var canonical: Canonical {
        let (kind, value) =
            switch source {
            case .file(let path): ("file", path)
            case .environment(let name): ("environment", name)
            case .credential(let name): ("credential", name)
            case .command(let name): ("command", name)
            case .age(let text): ("age", Hash.digest(of: text))
            }
        return .object([kind: .string(value), "labels": .map(labels)])
    }
}

extension Network {
    /// Canonical JSON of the definition; the network must be made anew when it changes.
    public var definition: String {
        canonical.text
    }

    var canonical: Canonical {
        .object(members)
    }

    /// With what can be changed while it is there.
    fileprivate var described: Canonical {
        .object(members.merging(["labels": .map(labels)]) { first, _ in first })
    }

    private var members: [String: Canonical?] {
        [
            "enable_ipv6": .flag(hasIPv6),
            "internal": .flag(isInternal),
            "subnets": .list(subnets) {
                .object(["gateway": .text($0.gateway?.description), "subnet": .string($0.prefix.description)])
            },
        ]
    }
}
