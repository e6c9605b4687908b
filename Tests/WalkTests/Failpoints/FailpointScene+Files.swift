// SPDX-License-Identifier: Apache-2.0

extension FailpointScene {
    /// Watched for no longer than needed, so that what a next agent takes is its own.
    ///
    /// One service of each kind of change: start-first with a port; stop-first with a volume, a hook and a network that
    /// changes with the level; one whose limit alone changes.
    static func shop(_ level: Int, port: UInt16, isGood: Bool) -> String {
        """
        name: shop
        x-martlet: { rollout: { deadline: 60s, keep: 9 } }
        services:
          web:
            image: busybox:walk
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            environment: { LEVEL: "\(level)" }
            ports: ["127.0.0.1:\(port):80"]
            deploy: { update_config: { order: start-first, monitor: 1ms }, rollback_config: { order: start-first, monitor: 1ms } }
            x-martlet: { drain: { wait: 0s } }
          db:
            image: busybox:walk
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            environment: { LEVEL: "\(level)" }
            networks: [back\(level % 2)]
            volumes: ["data:/data"]
            post_start: [{ command: [\(isGood ? "\"true\"" : "\"false\"")] }]
            deploy: { update_config: { monitor: 1ms }, rollback_config: { monitor: 1ms } }
          aux:
            image: busybox:walk
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            deploy: { resources: { limits: { memory: \(64 + level)M } }, update_config: { monitor: 1ms }, rollback_config: { monitor: 1ms } }
        networks: { back\(level % 2): {} }
        volumes: { data: {} }
        """
    }

    /// What a source says.
    static func feed(_ level: Int) -> String {
        """
        name: feed
        x-martlet: { version: \(level) }
        services:
          one:
            image: busybox:walk
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            environment: { LEVEL: "\(level)" }
            deploy: { update_config: { monitor: 1ms }, rollback_config: { monitor: 1ms } }
        """
    }
}
