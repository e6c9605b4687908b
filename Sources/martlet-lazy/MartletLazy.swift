// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Keys
internal import Lazy
internal import Linux

/// `martlet-lazy --settings FD --device FD --ready FD [NAME]`: serves a version of a volume on an open /dev/fuse until
/// that is mounted nowhere any more.
///
/// Settings are read to their end. `ready` is told `ready`, or why it never will be, and closed. NAME is for those who
/// list processes.
@main
enum MartletLazy {
    static func main() {
        CryptoLibrary.keepToTheEnd()
        // Few threads allocate much at a time: two arenas are less memory than eight.
        if martlet_limit_arenas(2) < 0 { report("mallopt: the heap may take more memory") }
        // No other user's process may read the secrets in this one's memory.
        if martlet_hide_memory() < 0 {
            report("prctl: \(LinuxError("prctl", "PR_SET_DUMPABLE", errno: errno))")
        }
        do {
            let numbers = try LazyArguments(Array(CommandLine.arguments.dropFirst()))
            var ready: Descriptor? = try taken(numbers.ready)
            do {
                let settings = try LazySettings(
                    taken(numbers.settings).readAll(limit: LazySettings.maximumBytes)
                )
                let service = try LazyService(settings, on: FuseDevice(taken(numbers.device)), report: report)
                try service.run(environment: environment) {
                    try ready?.write("ready\n".utf8)
                    ready = nil
                }
            } catch {
                // Whoever started us may have gone; standard error is told in any case.
                _ = try? ready?.write("\(error)\n".utf8)
                throw error
            }
        } catch {
            report("\(error)")
            exit(1)
        }
    }

    private static func report(_ line: String) {
        // There is nobody else to tell.
        _ = try? Descriptor.standardError.write("martlet-lazy: \(line)\n".utf8)
    }

    /// A descriptor that we were started with.
    private static func taken(_ number: Int32) throws(LinuxError) -> Descriptor {
        try check("fcntl", "descriptor \(number)", fcntl(number, F_SETFD, FD_CLOEXEC))
        return Descriptor(owning: number)
    }

    private static var environment: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let line = next.pointee {
            let text = String(cString: line)
            if let sign = text.firstIndex(of: "=") {
                variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            next += 1
        }
        return variables
    }
}
