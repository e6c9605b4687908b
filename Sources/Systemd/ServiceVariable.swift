// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A variable by which a service manager speaks to the process that it starts.
public enum ServiceVariable: String, CaseIterable {
    /// Where it hears how the process is.
    case notifySocket = "NOTIFY_SOCKET"
    /// After how long without a word it ends the process.
    case watchdogPeriod = "WATCHDOG_USEC"
    /// Whom it watches.
    case watchdogPid = "WATCHDOG_PID"
    /// How many sockets it passes on.
    case socketCount = "LISTEN_FDS"
    /// Their names.
    case socketNames = "LISTEN_FDNAMES"
    /// Whom they are for.
    case socketPid = "LISTEN_PID"

    /// Those that are in the environment, with their values.
    public static var present: [(name: String, value: String)] {
        allCases.compactMap { variable in
            getenv(variable.rawValue).map { (variable.rawValue, String(cString: $0)) }
        }
    }

    /// Its value, which is then no longer in the environment.
    func take() -> String? {
        guard let value = getenv(rawValue).map({ String(cString: $0) }) else { return nil }
        unsetenv(rawValue)
        return value
    }
}
