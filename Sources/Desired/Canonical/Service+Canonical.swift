// SPDX-License-Identifier: Apache-2.0
internal import Calendar

extension Service {
    /// What is fixed when a container is made, by the names of the file.
    var fixedMembers: [String: Canonical?] {
        [
            "annotations": .map(annotations),
            "cap_add": .strings(addedCapabilities),
            "cap_drop": .strings(droppedCapabilities),
            "command": command.map { .array($0.map { .string($0) }) },
            "configs": .list(configs) { .object($0.members) },
            "container_name": .text(containerName),
            "devices": .list(devices) {
                .object([
                    "permissions": .string($0.permissions), "source": .string($0.source),
                    "target": .string($0.target),
                ])
            },
            "dns": .strings(dns.map(\.description)),
            "dns_opt": .strings(resolverOptions),
            "dns_search": .strings(searchDomains),
            "domainname": .text(domainName),
            "entrypoint": entrypoint.map { .array($0.map { .string($0) }) },
            "environment": .map(environment),
            "extra_hosts": extraHosts.isEmpty
                ? nil
                : .object(
                    Dictionary(extraHosts.map { ($0.name, .strings($0.addresses.map(\.description))) }) {
                        first,
                        _ in first
                    }
                ),
            "group_add": .strings(additionalGroups),
            "hostname": .text(hostname),
            "init": .flag(hasInit),
            "network_mode": networkMode == .networks ? nil : .string(networkMode.rawValue),
            "networks": .list(networks) { .object($0.members) },
            "oom_score_adj": .number(oomScoreAdjustment),
            "platform": .text(platform),
            "ports": .list(ports, \.canonical),
            "post_start": .list(postStart, \.canonical),
            "pre_start": .list(preStart, \.canonical),
            "read_only": .flag(isReadOnly),
            "secrets": .list(secrets) { .object($0.members) },
            "security_opt": isSeccompConfined && noNewPrivileges && !hasWritableControlGroups
                ? nil
                : .object([
                    "no-new-privileges": .flag(noNewPrivileges, unless: true),
                    "seccomp": .flag(isSeccompConfined, unless: true),
                    "writable-cgroups": .flag(hasWritableControlGroups),
                ]),
            "shm_size": .number(sharedMemorySize?.bytes),
            "stdin_open": .flag(hasOpenInput),
            "x-martlet.notify": notification?.canonical,
            "x-martlet.snapshot": .text(snapshot),
            "x-martlet.sockets": .list(sockets, \.canonical),
            "sysctls": .map(sysctls),
            "systemd": .flag(runsSystemd),
            "ulimits": .list(ulimits) {
                .object(["hard": .integer($0.hard), "name": .string($0.name), "soft": .integer($0.soft)])
            },
            "user": .text(user),
            "userns": userNamespace == .auto ? nil : .string(userNamespace.rawValue),
            "volumes": .list(mounts, \.canonical),
            "working_dir": .text(workingDirectory),
        ]
    }

    /// What can be changed while containers run, by the names of the file.
    var liveMembers: [String: Canonical?] {
        [
            "attach": .flag(isAttached, unless: true),
            "deploy_labels": .map(serviceLabels),
            "depends_on": .list(dependencies) {
                .object([
                    "condition": .string($0.condition.rawValue),
                    "required": .flag($0.isRequired, unless: true),
                    "restart": .flag($0.restarts), "service": .string($0.service),
                ])
            },
            "drain": .duration(drain),
            "x-martlet.flap": flap == FlapLimit() ? nil : flap.canonical,
            "x-martlet.logs": logs == LogSettings() ? nil : logs.canonical,
            "x-martlet.probes": probes?.canonical,
            "healthcheck": healthcheck?.canonical,
            "image": .string(image),
            "x-martlet.image": imageDemand == ImageDemand() ? nil : imageDemand.canonical,
            "labels": .map(labels),
            "lock": .text(lock),
            "on_change": onChange.isEmpty
                ? nil : .object(Dictionary(onChange.map { ($0, $1.canonical) }) { first, _ in first }),
            "links": .list(links) {
                .object(["alias": .string($0.alias), "service": .string($0.service)])
            },
            "pre_stop": .list(preStop, \.canonical),
            "pull_policy": pullPolicy == .missing ? nil : .string(pullPolicy.rawValue),
            "replicas": .integer(Int64(replicas)),
            "rollback_config": rollback.canonical,
            "resources": resources == Resources() ? nil : resources.canonical,
            "restart": restart == RestartPolicy() ? nil : restart.canonical,
            "stop_grace_period": .duration(stopGracePeriod),
            "stop_signal": .text(stopSignal?.description),
            "update_config": update.canonical,
            "window": windows.flatMap { .strings($0.map(\.text)) },
        ]
    }
}

extension NetworkAttachment {
    var members: [String: Canonical?] {
        [
            "aliases": .strings(aliases), "ipv4_address": .text(ipv4Address?.description),
            "network": .string(network),
        ]
    }
}

extension FileUse {
    var members: [String: Canonical?] {
        [
            "gid": .number(group), "mode": .number(mode), "source": .string(source),
            "target": .string(target), "uid": .number(user),
        ]
    }
}

extension ChangeReaction {
    /// A command is a list of words, however it is printed.
    var canonical: Canonical {
        if case .execute(let command) = self { return .array(command.map { .string($0) }) }
        return .string(description)
    }
}

extension Port {
    var canonical: Canonical {
        .object([
            "host_ip": .text(hostAddress?.description),
            "protocol": .string(transport.rawValue),
            "published": published.map {
                .array([.integer(Int64($0.lowerBound)), .integer(Int64($0.upperBound))])
            },
            "target": .integer(Int64(target)),
        ])
    }
}

extension Mount {
    var canonical: Canonical { .object(members) }

    /// With the store of its volume.
    func canonical(in app: App) -> Canonical {
        var members = members
        if case .volume(let name) = source {
            members["store"] = .text(app.volume(name)?.storage?.place)
        }
        return .object(members)
    }

    private var members: [String: Canonical?] {
        var members: [String: Canonical?] = ["read_only": .flag(isReadOnly), "target": .string(target)]
        switch source {
        case .volume(let name):
            members["volume"] = .string(name)
        case .bind(let path, let createsHostPath):
            members["bind"] = .string(path)
            members["create_host_path"] = .bool(createsHostPath)
        case .tmpfs(let options):
            members["tmpfs"] = .object([
                "gid": .number(options.group), "mode": .number(options.mode),
                "size": .number(options.size?.bytes),
                "uid": .number(options.user),
            ])
        }
        return members
    }
}

extension Hook {
    var canonical: Canonical {
        .object([
            "command": .array(command.map { .string($0) }), "environment": .map(environment),
            "user": .text(user), "working_dir": .text(workingDirectory),
        ])
    }
}

extension ImageDemand {
    var canonical: Canonical {
        .object([
            "follow": .text(follow?.rawValue), "min_age": .duration(minimumAge), "verify": .text(verify),
        ])
    }
}

extension Healthcheck {
    var canonical: Canonical {
        let words: Canonical? =
            switch test {
            case .image: nil
            case .none: .array([.string("NONE")])
            case .command(let words): .array((["CMD"] + words).map { .string($0) })
            case .shell(let line): .array([.string("CMD-SHELL"), .string(line)])
            }
        return .object([
            "interval": .duration(interval), "retries": .number(retries),
            "start_interval": .duration(startInterval),
            "start_period": .duration(startPeriod), "test": words, "timeout": .duration(timeout),
        ])
    }
}

extension RestartPolicy {
    var canonical: Canonical {
        .object([
            "condition": .string(condition.rawValue), "delay": .duration(delay),
            "max_attempts": .number(maximumAttempts), "window": .duration(window),
        ])
    }
}

extension Resources {
    /// The names in the file of what differs from others, below the service; ordered.
    public func changes(from others: Resources) -> [String] {
        let names = [
            "cpus": "deploy.resources.limits.cpus", "memory": "deploy.resources.limits.memory",
            "pids": "deploy.resources.limits.pids", "reserved_cpus": "deploy.resources.reservations.cpus",
            "reserved_memory": "deploy.resources.reservations.memory", "exclusive": "x-martlet.cpu.exclusive",
            "latency": "x-martlet.cpu.latency", "weight": "x-martlet.cpu.weight",
            "memory_high": "x-martlet.memory.high", "swap_max": "x-martlet.memory.swap_max",
        ]
        let changed = App.changedFields(from: others.canonical.text, to: canonical.text) ?? []
        return changed.map { names[$0] ?? $0 }
    }

    var canonical: Canonical {
        .object([
            "cpu_period": .duration(cpuPeriod), "cpu_quota": .duration(cpuQuota),
            "cpu_shares": .number(cpuShares), "cpus": .number(cpuLimit?.nanos),
            "cpuset": .text(processors), "exclusive": .flag(isExclusive), "latency": .text(latency?.rawValue),
            "memory": .number(memoryLimit?.bytes), "memory_high": .number(memoryHigh?.bytes),
            "pids": .number(pidsLimit),
            "reserved_cpus": .number(cpuReservation?.nanos),
            "reserved_memory": .number(memoryReservation?.bytes), "swap_max": .number(swapLimit?.bytes),
            "weight": .number(weight),
        ])
    }
}
