// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images

/// All that is asked of a container.
struct Inquiry: Equatable, Sendable {
    /// What the health check of its file or its image runs inside.
    var command: [String]?
    /// How often, and how its answers count.
    var check: HealthMonitor?
    /// What the agent asks by itself.
    var probes: Probes?
    /// What it is to say by itself.
    var notification: Notification?

    /// Whether names, rollouts and those who wait go by what it says.
    ///
    /// Liveness tells when to start again, and holds nobody up.
    var decides: Bool {
        command != nil || probes?.startup != nil || probes?.readiness != nil || notification != nil
    }
}

extension Instance {
    /// What is to be asked, by its file or its image; nil for nothing.
    var inquiry: Inquiry? {
        var inquiry = Inquiry(probes: service?.probes, notification: notification)
        if let command = healthCommand {
            let own = service?.healthcheck, inherited = image?.config.healthcheck
            inquiry.command = command
            inquiry.check = HealthMonitor(
                interval: own?.interval ?? inherited?.interval ?? .seconds(30),
                timeout: own?.timeout ?? inherited?.timeout ?? .seconds(30),
                retries: own?.retries ?? inherited?.retries ?? 3,
                startPeriod: own?.startPeriod ?? inherited?.startPeriod ?? .zero,
                startInterval: own?.startInterval ?? inherited?.startInterval ?? .seconds(5)
            )
        }
        return inquiry == Inquiry() ? nil : inquiry
    }

    /// Whether it must show that it is well before it counts as ready.
    var isChecked: Bool { inquiry?.decides == true }

    /// What its health check runs inside, by its file or its image; nil if it has none.
    private var healthCommand: [String]? {
        switch service?.healthcheck?.test ?? .image {
        case .none: return nil
        case .command(let arguments): return arguments
        case .shell(let line): return ["/bin/sh", "-c", line]
        case .image:
            guard let test = image?.config.healthcheck?.test, let kind = test.first else { return nil }
            switch kind {
            case "CMD": return Array(test.dropFirst())
            case "CMD-SHELL": return ["/bin/sh", "-c", test.dropFirst().joined(separator: " ")]
            default: return nil
            }
        }
    }
}
