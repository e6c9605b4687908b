// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Linux

/// A process that serves a version, seen by whoever started it.
///
/// It lives on when that ends. It needs nobody: the mount's end is its own. One that was killed is started again with
/// the same device, which somebody has to have kept (the keeper parks it); what readers had asked for is answered then.
package struct LazyProcess: Sendable {
    /// Why it does not serve.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// Its process id, for who reaps it.
    package let pid: Int32

    /// Starts it, and waits until it serves: for the records and the tree of the version, not for files.
    ///
    /// - Parameters:
    ///   - program: The path of `martlet-lazy`.
    ///   - settings: What it serves.
    ///   - device: What the mount is by.
    ///   - log: Where it says what it could not have, and why.
    ///   - environment: Its environment, `NAME=value` each; ours for nil.
    ///   - patience: How long it may take.
    /// - Returns: The process, which serves.
    /// - Throws: `Failure` if it does not; then there is none.
    package static func start(
        _ program: String,
        _ settings: LazySettings,
        on device: FuseDevice,
        log: Descriptor,
        environment: [String]? = nil,
        patience: Duration = .seconds(60)
    ) throws -> LazyProcess {
        let (pid, ready) = try spawn(program, settings, device, log, environment)
        let outcome = try answer(ready, patience)
        guard outcome == "ready" else {
            kill(pid, SIGKILL)
            while waitpid(pid, nil, 0) < 0, errno == EINTR {}
            throw Failure(description: outcome.isEmpty ? "martlet-lazy ended without a word" : outcome)
        }
        return LazyProcess(pid: pid)
    }

    /// Waits for its end, so that nothing is left of it; blocks.
    ///
    /// It lives on if we end before it.
    package func reap() { while waitpid(pid, nil, 0) < 0, errno == EINTR {} }

    /// Starts it; the other end of the pipe is its alone, and ends with it.
    private static func spawn(
        _ program: String,
        _ settings: LazySettings,
        _ device: FuseDevice,
        _ log: Descriptor,
        _ environment: [String]?
    ) throws -> (pid: Int32, ready: Descriptor) {
        let secret = try settings.encoded().withUnsafeBytes { try Descriptor.sealed("settings", $0) }
        try secret.rewind()
        let ready = try Descriptor.pipe(), nothing = try Descriptor.open("/dev/null", O_RDWR)
        let pid = try Spawn(
            [
                "martlet-lazy", "--settings", "3", "--device", "4", "--ready", "5",
                "\(settings.app)/\(settings.volume)",
            ],
            program: program,
            environment: environment,
            descriptors: [0: nothing, 1: nothing, 2: log, 3: secret, 4: device.descriptor, 5: ready.write]
        ).start()
        return (pid, ready.read)
    }

    /// The line that it says.
    private static func answer(_ pipe: Descriptor, _ patience: Duration) throws -> String {
        let clock = ContinuousClock(), end = clock.now + patience
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n"), line.count < 4_096 {
            guard pipe.wait(for: Int32(POLLIN), end - clock.now) else {
                return "martlet-lazy did not serve within \(patience)"
            }
            let part = try pipe.read(4_096)
            if part.isEmpty { break }
            line += part
        }
        return String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
