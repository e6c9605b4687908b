// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A variable by which a service manager speaks to the process that it starts.
enum ServiceVariable: String {
    case notifySocket = "NOTIFY_SOCKET"
    case watchdogPeriod = "WATCHDOG_USEC"
    case watchdogPid = "WATCHDOG_PID"
    case socketCount = "LISTEN_FDS"
    case socketNames = "LISTEN_FDNAMES"
    case socketPid = "LISTEN_PID"

    /// Its value, which is then no longer in the environment.
    func take() -> String? {
        guard let value = getenv(rawValue).map({ String(cString: $0) }) else { return nil }
        unsetenv(rawValue)
        return value
    }
}
