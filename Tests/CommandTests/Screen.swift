// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux
internal import TestKit

/// A terminal of 60 columns and 20 rows that a verb writes to.
struct Screen {
    private let master: Descriptor
    /// Held open here, or what was written is lost with the last reference.
    private let terminal: Descriptor
    private let path: String

    init() throws {
        master = try Descriptor.open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (lock, number) = (Int32(0), UInt32(0))
        try check("ioctl", "TIOCSPTLCK", ioctl(master.number, 0x4004_5431, &lock))
        try check("ioctl", "TIOCGPTN", ioctl(master.number, 0x8004_5430, &number))
        path = "/dev/pts/\(number)"
        terminal = try Descriptor.open(path, O_RDWR | O_NOCTTY)
        try Shell.run("stty cols 60 rows 20 <\(path)")
    }

    /// Everything that a verb sends to the terminal, to its end or for so long.
    func run(_ words: String, _ agent: FakeAgent, environment: String = "", seconds: Double = 60) throws
        -> String
    {
        try Shell.run(
            "env -u NO_COLOR MARTLET_RUNTIME_DIR=\(agent.runtime) \(environment) timeout \(seconds) \(Command.program) \(words) >\(path) || test $? = 124"
        )
        // The kernel hands on what was written in pieces, and a little later.
        var seen: [UInt8] = []
        var wanted = pollfd(fd: master.number, events: Int16(POLLIN), revents: 0)
        while poll(&wanted, 1, 300) == 1 { seen += try master.read(65_536) }
        return String(decoding: seen, as: UTF8.self)
    }
}
