// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// Waits for a process in its place: passes signals on, and a terminal's characters.
final class Foreground {
    private let signals: Descriptor
    private var socket: Descriptor?
    private var master: Descriptor?
    private var before: termios?

    /// Signals wait from here on.
    init() throws {
        signals = Descriptor(owning: try check("signalfd", "", martlet_signal_descriptor()))
    }

    deinit { restore() }

    /// The socket that takes the other end of the process's terminal.
    func console() throws -> Descriptor {
        let (ours, theirs) = try Descriptor.socketPair(Int32(SOCK_STREAM.rawValue))
        socket = ours
        return theirs
    }

    /// Waits for the end of a child; its status as a shell tells it.
    func wait(for pid: Int32) throws -> Int32 {
        try takeTerminal()
        var inputIsOpen = master != nil
        while true {
            var watched = [pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0)]
            watched.append(pollfd(fd: master?.number ?? -1, events: Int16(POLLIN), revents: 0))
            watched.append(pollfd(fd: inputIsOpen ? 0 : -1, events: Int16(POLLIN), revents: 0))
            guard poll(&watched, nfds_t(watched.count), -1) >= 0 || errno == EINTR else {
                throw LinuxError("poll", "", errno: errno)
            }
            if watched[1].revents != 0 { copyOutput() }
            if watched[2].revents != 0 { inputIsOpen = copyInput() }
            guard watched[0].revents != 0 else { continue }
            switch martlet_read_signal(signals.number) {
            case SIGCHLD:
                var status: Int32 = 0
                guard waitpid(pid, &status, WNOHANG) == pid else { continue }
                while master != nil, copyOutput() {}
                restore()
                return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
            case SIGWINCH: copySize()
            case let number where number > 0: kill(pid, number)
            default: continue
            }
        }
    }

    // MARK: The terminal

    private func takeTerminal() throws {
        guard let socket else { return }
        var name = [UInt8](repeating: 0, count: 256)
        // Without a terminal nothing was sent.
        let sent = try? name.withUnsafeMutableBytes {
            try socket.receive(into: $0, descriptors: 1, Int32(MSG_DONTWAIT))
        }
        guard let terminal = sent?.descriptors.first else { return }
        master = terminal
        copySize()
        var settings = termios()
        guard tcgetattr(0, &settings) == 0 else { return }  // not a terminal
        before = settings
        cfmakeraw(&settings)
        tcsetattr(0, TCSANOW, &settings)
    }

    private func restore() {
        guard var settings = before else { return }
        tcsetattr(0, TCSANOW, &settings)
        before = nil
    }

    private func copySize() {
        guard let master else { return }
        var size = winsize()
        if ioctl(0, UInt(TIOCGWINSZ), &size) == 0 { _ = ioctl(master.number, UInt(TIOCSWINSZ), &size) }
    }

    /// False once the terminal has nothing more: EIO tells that no process has it open.
    @discardableResult
    private func copyOutput() -> Bool {
        guard let master else { return false }
        guard let bytes = try? master.read(4096), !bytes.isEmpty,
            (try? Descriptor.standardOutput.write(bytes)) != nil
        else {
            self.master = nil
            return false
        }
        return true
    }

    private func copyInput() -> Bool {
        guard let master, let bytes = try? Descriptor.standardInput.read(4096), !bytes.isEmpty else {
            return false
        }
        return (try? master.write(bytes)) != nil
    }
}
