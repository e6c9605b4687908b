// SPDX-License-Identifier: Apache-2.0
internal import Containers

extension Verb {
    /// OCI runtime specification, "Features Structure".
    func features() throws -> Int32 {
        _ = try options([])
        func list(_ words: [String]) -> JSON { .array(words.map { .string($0) }) }
        let seccomp: JSON = [
            "enabled": true,
            "actions": list(RuntimeConfig.Seccomp.Action.allCases.map(\.rawValue).sorted()),
            "operators": list(RuntimeConfig.Seccomp.Operator.allCases.map(\.rawValue).sorted()),
            "archs": list(SeccompFilter.architectures),
            "knownFlags": list(RuntimeConfig.Seccomp.Flag.allCases.map(\.rawValue).sorted()),
            "supportedFlags": list(RuntimeConfig.Seccomp.Flag.allCases.map(\.rawValue).sorted()),
        ]
        let kinds = RuntimeConfig.Namespace.Kind.allCases.map(\.rawValue).sorted()
        let features: JSON = [
            "ociVersionMin": "1.0.0",
            "ociVersionMax": .string(RuntimeConfig.version),
            "hooks": [
                "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
            ],
            "mountOptions": list(MountOptions.known.sorted()),
            "linux": [
                "namespaces": list(kinds),
                "capabilities": list(Capability.all.map(\.name).sorted()),
                "cgroup": [
                    "v1": true, "v2": true, "systemd": true, "systemdUser": false, "rdma": true,
                ],
                "seccomp": seccomp,
                "apparmor": ["enabled": true],
                "selinux": ["enabled": false],
                "intelRdt": ["enabled": false],
                "mountExtensions": ["idmap": ["enabled": true]],
            ],
            "annotations": ["io.martlet.runtime.version": .string(MartletRuntime.version)],
            "potentiallyUnsafeConfigAnnotations": [],
        ]
        print(features.text(.indented(by: "  ")) + "\n")
        return 0
    }

    func explain() throws -> Int32 {
        let options = try options([])
        guard options.words.count <= 1 else { throw UsageError("write one bundle's folder") }
        for line in try runtime.explain(options.words.first ?? ".") { print(line + "\n") }
        return 0
    }
}
