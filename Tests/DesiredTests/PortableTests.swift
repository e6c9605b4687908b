// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Desired

/// The one text of a project that is sent and kept.
@Suite struct PortableTests {
    /// Zeros that are not what an absent value means, and some that are.
    static let services = [
        "deploy: { replicas: 0 }", "scale: 0", "oom_score_adj: 0", "shm_size: 0", "init: false",
        "attach: false",
        "deploy: { update_config: { parallelism: 0, delay: 0s, monitor: 0s, max_failure_ratio: 0 } }",
        "deploy: { rollback_config: { parallelism: 0, delay: 0s, monitor: 0s, max_failure_ratio: 0 } }",
        "deploy: { restart_policy: { delay: 0s, max_attempts: 0, window: 0s } }",
        "volumes: [{ type: bind, source: ./none, target: /x, bind: { create_host_path: false } }]",
        "volumes: [{ type: tmpfs, target: /x, tmpfs: { size: 0, mode: 0 } }]",
        "volumes: [{ type: volume, source: v, target: /x, read_only: false }]",
        "configs: [{ source: c, mode: 0, uid: \"0\" }]", "configs: [c]", "ulimits: { core: 0 }",
        "healthcheck: { test: x, start_period: 0s }", "environment: { A: '', B: 0 }", "stop_grace_period: 0s",
        "x-martlet: { probes: { readiness: { tcp: { port: 80 }, initial_delay: 0s } } }",
        "x-martlet: { notify: { watchdog: 30s } }", "x-martlet: { notify: false, sockets: [] }",
        "x-martlet: { sockets: [0.0.0.0:80, { listen: /run/a, mode: \"0660\", name: \"1\" }] }",
        "depends_on: { other: { condition: service_started, required: false, restart: false } }",
        "entrypoint: []", "command: ''", "user: '0'", "group_add: [0]", "read_only: false", "cap_add: []",
    ]

    @Test(arguments: services) func `a project read from its one text is the same app`(_ service: String)
        throws
    {
        let text = """
            name: a
            services:
              s:
                image: i
                \(service)
              other: { image: i }
            configs: { c: { content: '' } }
            volumes: { v: {} }

            """
        let project = try Load(["compose.yaml": text]).project()
        let again = try App.decode(yaml: project.json, file: "b", directory: "/", environment: [:])
        #expect(try again == project.app(), "\(project.json)")
        #expect(try again.digest == project.app().digest)
    }
}
