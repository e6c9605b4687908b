// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

/// An OCI runtime's whole `run` of the same program with the same namespaces; one configuration for all of them.
///
/// The overlay is mounted before and unmounted after, outside the measured time: that is its engine's part of the work.
struct Runtime {
    let name: String
    private let program: String
    private let bundle: String
    private let layers: String

    init(_ name: String, _ program: String, _ bench: Bench) throws {
        self.name = name
        self.program = program
        bundle = "\(bench.node.folder)/bundle-\(name)"
        try Shell.run(
            "mkdir -p \(bundle)/rootfs && \(bench.options.runtime) spec --bundle \(bundle)"
        )
        let mapping = "[{\"containerID\":0,\"hostID\":1879048192,\"size\":65536}]"
        // The default bundle, with our program, no terminal and a user namespace of its own.
        try Shell.run(
            """
            cd \(bundle) && sed -i -e 's/"terminal": true/"terminal": false/' -e 's/"sh"/"\\/bin\\/true"/' \
            -e 's/"namespaces": \\[/"uidMappings": \(mapping), "gidMappings": \(mapping), "namespaces": [{"type":"user"},/' \
            -e '/"rlimits"/,/\\],/d' config.json
            """
        )
        layers = bench.layers.reversed().joined(separator: ":")
    }

    func start(scratch: String) throws -> Sample {
        let root = "\(bundle)/rootfs"
        let options = "lowerdir=\(layers),upperdir=\(scratch)/up,workdir=\(scratch)/work,volatile"
        try check("mount", root, mount("overlay", root, "overlay", 0, options))
        defer { umount2(root, 2) }
        let before = childrenProcessor()
        let begin = milliseconds(CLOCK_MONOTONIC)
        var run = Spawn([program, "run", "--bundle", bundle, "martlet-benchmark"])
        run.searchesPath = true
        let pid = try run.start()
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        guard status == 0 else { throw LinuxError("run", "\(name): status \(status)", errno: ECHILD) }
        return Sample(
            whole: milliseconds(CLOCK_MONOTONIC) - begin,
            processor: childrenProcessor() - before
        )
    }

    /// User and system time of all children that have been waited for, in milliseconds.
    private func childrenProcessor() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return Double(seconds) * 1e3 + Double(micros) / 1e3
    }
}
