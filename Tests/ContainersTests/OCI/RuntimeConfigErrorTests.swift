// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Testing

/// Every member of a full configuration, made wrong in every way.
@Suite struct RuntimeConfigErrorTests {
    /// What a kind of value is replaced by.
    private static let kinds: [(name: String, value: JSON)] = [
        ("a boolean", true), ("a number", 1), ("a string", "text"), ("a list", []), ("an object", [:]),
    ]

    private func kind(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    @Test func `a wrong type is an error that names the member`() throws {
        let sample = try SampleConfig.json()
        #expect(sample.places.count > 290)
        for (path, value) in sample.places {
            for wrong in Self.kinds where wrong.name != kind(value) {
                let error = try #require(throws: ConfigError.self, "\(path.place)") {
                    _ = try SampleConfig.decode(sample.replacing(path, with: wrong.value))
                }
                #expect(error.place == .member(path.place), "\(error)")
                #expect(error.problem == "expected \(kind(value)), not \(wrong.name): write \(kind(value))")
            }
        }
    }

    @Test(arguments: Self.kinds.filter { $0.name != "an object" }.map(\.value) + [.null])
    func `the whole must be an object`(value: JSON) throws {
        let error = try #require(throws: ConfigError.self) { _ = try SampleConfig.decode(value) }
        #expect(error.description.hasPrefix("config.json: expected an object, not "))
    }

    @Test func `a number that no member can hold is an error`() throws {
        let sample = try SampleConfig.json()
        let wrong: [JSON] = [
            .number(.real(1.5)), .number(.real(1)), .number(.real(1e20)), .number(.real(-1e30)),
        ]
        var count = 0
        for (path, value) in sample.places {
            guard case .number = value else { continue }
            count += 1
            for number in wrong {
                let error = try #require(throws: ConfigError.self, "\(path.place)") {
                    _ = try SampleConfig.decode(sample.replacing(path, with: number))
                }
                #expect(
                    error.place == .member(path.place) && error.problem.contains("write an integer from ")
                )
            }
        }
        #expect(count > 70)
    }

    // Only what nobody but a reader of JSON sees may hold one.
    @Test func `a NUL in a string is an error`() throws {
        let sample = try SampleConfig.json()
        let opaque: Set = [
            #"annotations["org.example.key"]"#, "annotations.empty", "linux.seccomp.listenerMetadata",
        ]
        for (path, value) in sample.places {
            guard case .string(let text) = value else { continue }
            let changed = sample.replacing(path, with: .string(text + "\u{0}"))
            if opaque.contains(path.place) {
                _ = try SampleConfig.decode(changed)
            } else {
                let error = try #require(throws: ConfigError.self, "\(path.place)") {
                    _ = try SampleConfig.decode(changed)
                }
                #expect(error.place == .member(path.place))
                #expect(error.problem == "a NUL character in a string: remove it")
            }
        }
    }

    /// Members without which their object means nothing, without list indexes.
    private static let required: Set = [
        "ociVersion", "process.consoleSize.height", "process.consoleSize.width", "process.args",
        "process.cwd", "process.rlimits.type", "process.rlimits.hard", "process.rlimits.soft",
        "process.scheduler.policy", "process.ioPriority.class", "process.ioPriority.priority", "root",
        "root.path", "mounts.destination", "mounts.uidMappings", "mounts.gidMappings",
        "hooks.prestart.path", "hooks.createRuntime.path", "hooks.createContainer.path",
        "hooks.startContainer.path", "hooks.poststart.path", "hooks.poststop.path",
        "linux.resources.devices.allow", "linux.resources.blockIO.weightDevice.major",
        "linux.resources.blockIO.weightDevice.minor", "linux.resources.hugepageLimits.pageSize",
        "linux.resources.hugepageLimits.limit", "linux.resources.network.priorities.name",
        "linux.resources.network.priorities.priority", "linux.namespaces.type", "linux.devices.path",
        "linux.devices.type", "linux.devices.major", "linux.devices.minor", "linux.seccomp.defaultAction",
        "linux.seccomp.listenerPath", "linux.seccomp.syscalls.names", "linux.seccomp.syscalls.action",
        "linux.seccomp.syscalls.args.index", "linux.seccomp.syscalls.args.value",
        "linux.seccomp.syscalls.args.op", "linux.personality.domain",
    ]

    private func isRequired(_ path: [JSONStep]) -> Bool {
        let name = path.filter { if case .key = $0 { true } else { false } }.place
        let mapping = ["containerID", "hostID", "size"].contains { name.hasSuffix("Mappings." + $0) }
        let throttle = ["major", "minor", "rate"].contains {
            name.hasPrefix("linux.resources.blockIO.throttle") && name.hasSuffix("Device." + $0)
        }
        return Self.required.contains(name) || mapping || throttle
    }

    @Test func `a member that is absent or null is an error only where it must be there`() throws {
        let sample = try SampleConfig.json()
        for (path, _) in sample.places {
            guard case .key = path.last else { continue }
            // The keys of a table are the document's own: its values must be of their kind.
            let isEntry = ["annotations", "sysctl", "unified", "rdma", "netDevices", "timeOffsets"]
                .contains { path.dropLast().last == .key($0) }
            for (change, mustFail) in [(nil, isRequired(path)), (.null, isRequired(path) || isEntry)]
                as [(JSON?, Bool)]
            {
                let changed = sample.replacing(path, with: change)
                if mustFail {
                    let error = try #require(throws: ConfigError.self, "\(path.place)") {
                        _ = try SampleConfig.decode(changed)
                    }
                    #expect(error.description.contains(": write ") || error.description.contains(": remove "))
                } else {
                    #expect(throws: Never.self, "\(path.place)") { _ = try SampleConfig.decode(changed) }
                }
            }
        }
    }

    @Test func `a null among a list is an error`() throws {
        let sample = try SampleConfig.json()
        for (path, _) in sample.places {
            guard case .index = path.last else { continue }
            let error = try #require(throws: ConfigError.self, "\(path.place)") {
                _ = try SampleConfig.decode(sample.replacing(path, with: .null))
            }
            #expect(error.place == .member(path.place))
        }
    }

    @Test func `a member that nobody knows is ignored everywhere`() throws {
        let sample = try SampleConfig.json()
        let expected = try SampleConfig.decode(sample)
        var changed = sample.replacing([.key("unknown")], with: [1])
        for (path, value) in sample.places {
            guard case .object = value,
                !["annotations", "sysctl", "unified", "rdma", "netDevices", "timeOffsets"]
                    .contains(where: { path.last == .key($0) })
            else { continue }
            changed = changed.replacing(path + [.key("unknown")], with: ["x": .null])
        }
        #expect(try SampleConfig.decode(changed) == expected)
    }
}
