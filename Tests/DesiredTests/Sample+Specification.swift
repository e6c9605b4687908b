// SPDX-License-Identifier: Apache-2.0

extension Sample {
    /// A file with every key of the specification.
    static let specification = #"""
        name: whole
        version: "3.9"
        include: [a.yaml, { path: [b.yaml, "https://x/c.yaml"], project_directory: sub, env_file: .env }]
        x-martlet: { format: 1 }
        x-jobs: {}
        services:
          web:
            image: registry.example.net/web:1
            build:
              context: ./web
              dockerfile: Dockerfile.web
              additional_contexts: { a: ./a, b: "docker-image://x" }
              args: { HOME: , B: 1 }
              ssh: [default, k=./key]
              labels: [a=b]
              cache_from: [x]
              cache_to: [y]
              no_cache: true
              pull: true
              network: host
              target: prod
              shm_size: 1g
              extra_hosts: { a: 1.2.3.4 }
              isolation: default
              privileged: true
              entitlements: [network.host]
              provenance: mode=max
              sbom: true
              secrets: [s]
              tags: ["x:1"]
              ulimits: { nofile: 10 }
              platforms: [linux/amd64]
            platform: linux/amd64
            pull_policy: every_12h
            pull_refresh_after: 1h
            extends: { service: base, file: base.yaml }
            profiles: [dev]
            container_name: web-1
            provider: { type: x, options: { a: [b, 1] } }
            attach: false
            annotations: [a=b]
            labels: { a: 1 }
            label_file: labels
            logging: { driver: syslog, options: { a: 1, b: } }
            models: { m: { endpoint_var: A, model_var: B } }
            command: serve "a b"
            entrypoint: [/init]
            environment: [A=1, HOME]
            env_file: [a.env, { path: b.env, required: false, format: raw }]
            working_dir: /srv
            user: "1000"
            group_add: [5, audio]
            hostname: web
            domainname: example.net
            init: true
            tty: true
            stdin_open: true
            privileged: true
            read_only: true
            cap_add: [CHOWN]
            cap_drop: [ALL]
            security_opt: [label=x]
            devices: ["/dev/a:/dev/b:r", { source: /dev/c, target: /dev/d, permissions: rw }]
            device_cgroup_rules: ["c 1:3 mr"]
            ulimits: { nproc: 5, nofile: { soft: 1, hard: 2 } }
            sysctls: { net.core.somaxconn: 1 }
            cgroup: private
            cgroup_parent: x
            ipc: shareable
            pid: host
            uts: host
            userns_mode: host
            isolation: default
            runtime: runc
            credential_spec: { file: a, registry: b, config: c }
            use_api_socket: true
            networks:
              front:
                aliases: [www]
                interface_name: eth0
                ipv4_address: 10.0.0.2
                ipv6_address: fd00::2
                link_local_ips: [169.254.1.1]
                mac_address: 02:42:ac:11:65:43
                driver_opts: { a: 1 }
                gw_priority: 1
                priority: 2
            ports: ["8080-8081:80-81/udp", { target: 82, published: "82", host_ip: 127.0.0.1, protocol: tcp, app_protocol: http, mode: host, name: web }]
            expose: [90, 91-92/udp]
            links: [db]
            external_links: [x]
            extra_hosts: ["a:1.2.3.4", b=host-gateway]
            dns: 1.1.1.1
            dns_opt: [a]
            dns_search: x
            mac_address: 02:42:ac:11:65:44
            volumes:
              - data:/data:nocopy
              - ./conf:/conf:ro,z,rslave
              - { type: bind, source: a, target: /a, read_only: true, consistency: cached, bind: { propagation: private, create_host_path: false, selinux: Z, recursive: disabled } }
              - { type: volume, target: /b, volume: { nocopy: true, subpath: x, labels: { a: b } } }
              - { type: tmpfs, target: /c, tmpfs: { size: 1m, mode: 0o1777 } }
              - { type: image, source: x, target: /d, image: { subpath: y } }
            volumes_from: ["db:ro"]
            tmpfs: /run
            shm_size: 64m
            storage_opt: { size: 1g }
            configs: [c, { source: c, target: /c2, uid: "1", gid: "2", mode: 0440 }]
            secrets: [s]
            cpus: 0.5
            cpu_count: 1
            cpu_percent: 50
            cpu_shares: 10
            cpu_period: 1
            cpu_quota: 2
            cpu_rt_period: 3
            cpu_rt_runtime: 4
            cpuset: 0-3
            mem_limit: 1g
            mem_reservation: 1m
            mem_swappiness: 10
            memswap_limit: -1
            oom_kill_disable: true
            oom_score_adj: -1
            pids_limit: 10
            blkio_config:
              weight: 300
              weight_device: [{ path: /dev/a, weight: 400 }]
              device_read_bps: [{ path: /dev/a, rate: 1m }]
              device_read_iops: [{ path: /dev/a, rate: 1 }]
              device_write_bps: [{ path: /dev/a, rate: 1m }]
              device_write_iops: [{ path: /dev/a, rate: 1 }]
            gpus: [{ capabilities: [gpu], driver: x, count: all, options: { a: b } }, { device_ids: ["0"] }]
            scale: 1
            deploy:
              mode: replicated
              replicas: 1
              endpoint_mode: vip
              labels: { a: b }
              placement: { constraints: [a==b], preferences: [{ spread: x }], max_replicas_per_node: 1 }
              resources:
                limits: { cpus: "0.5", memory: 1g, pids: 10 }
                reservations:
                  cpus: "0.25"
                  memory: 1m
                  devices: [{ capabilities: [gpu] }]
                  generic_resources: [{ discrete_resource_spec: { kind: x, value: 1 } }]
              restart_policy: { condition: any, delay: 1s, max_attempts: 1, window: 1m }
              update_config: { parallelism: 1, delay: 1s, failure_action: pause, monitor: 1m, max_failure_ratio: 0.5, order: stop-first }
              rollback_config: { parallelism: 0 }
            depends_on: { db: { condition: service_healthy, required: true, restart: true } }
            healthcheck: { test: x, interval: 1s, timeout: 1s, retries: 1, start_period: 1s, start_interval: 1s, disable: false }
            restart: always
            stop_signal: SIGINT
            stop_grace_period: 90s
            pre_start: [{ command: x }]
            post_start: [{ command: x y, user: root, privileged: true, working_dir: /, environment: [A] }]
            pre_stop: [{ command: [x] }]
            develop: { watch: [{ path: ./x, action: sync, target: /y, ignore: a, include: b, exec: { command: x }, initial_sync: true }] }
            x-martlet: { userns: auto }
          db: { build: { dockerfile_inline: FROM x }, network_mode: none }
        networks:
          front:
            name: net
            driver: bridge
            driver_opts: { a: 1 }
            attachable: true
            enable_ipv4: false
            enable_ipv6: true
            external: false
            internal: true
            ipam: { driver: default, config: [{ subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25, gateway: 10.0.0.1, aux_addresses: { a: 10.0.0.3 } }], options: { a: b } }
            labels: { a: b }
        volumes:
          data: { name: v, driver: local, driver_opts: { type: none, o: bind, device: ./d }, external: false, labels: [a=b], x-martlet: {} }
        configs:
          c: { name: n, content: x, external: false, labels: [a=b], template_driver: t }
          e: { environment: HOME }
          h: { file: ./h }
        secrets:
          s: { name: n, file: ./s, external: false, labels: [a=b], driver: d, driver_opts: { a: 1 }, template_driver: t, x-martlet: {} }
          f: { environment: HOME }
          g: { external: { name: old } }
        models:
          m: { name: n, model: ai/x, context_size: 1024, runtime_flags: [a] }
        """#
}
