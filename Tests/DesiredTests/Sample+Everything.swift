// SPDX-License-Identifier: Apache-2.0

extension Sample {
    /// A file with every key that is honoured.
    static let everything = """
        version: "3.9"
        name: clickme
        x-martlet: { format: 1, rollout: { strategy: ordered, on_failure: rollback, monitor: 5s, deadline: 1h, keep: 3 } }
        x-common: &common
          restart: always
          environment: { TZ: "${ZONE:-UTC}" }
        services:
          web:
            <<: *common
            image: registry.example.net/clickme/web:1.4.2
            pull_policy: missing
            user: "1000:1000"
            group_add: [audio, 44]
            read_only: true
            tmpfs: ["/tmp:size=64m,mode=1777"]
            cap_drop: [ALL]
            cap_add: [CAP_CHOWN, net_bind_service]
            security_opt: ["no-new-privileges:false", seccomp=unconfined]
            command: serve --port "4567 x" 'a b'
            entrypoint: ["/bin/web"]
            working_dir: /srv/
            hostname: web.example
            init: true
            tty: false
            stdin_open: true
            depends_on: { redis: { condition: service_healthy, restart: true } }
            networks: { front: { aliases: [www] }, back: }
            ports: [ "8080:80", { target: 81, published: "81", host_ip: "::", protocol: udp, mode: host } ]
            volumes: [ "uploads:/srv/uploads", "./conf:/etc/web:ro", { type: tmpfs, target: /run, tmpfs: { size: 1m } } ]
            configs: [{ source: conf, target: /etc/app.conf, mode: 0440 }]
            secrets: [key]
            devices: ["/dev/fuse:/dev/fuse:rw"]
            ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 100 }
            sysctls: { net.core.somaxconn: 1024, kernel.sem: "250 32000 32 128" }
            extra_hosts: ["db:10.0.0.1", "six=[fd00::1]"]
            dns: 10.0.0.53
            dns_search: [example.net]
            dns_opt: ["ndots:2", rotate]
            domainname: example.net
            links: [redis, "redis:store"]
            expose: ["3000", "8000-8010/udp"]
            annotations: { note: x }
            attach: false
            platform: linux/amd64
            cpuset: "0-1"
            labels: { tier: front, n: 1 }
            post_start: [{ command: ["/bin/warm", up], user: "0:0", working_dir: /srv, environment: [LEVEL=2] }]
            pre_stop: [{ command: /bin/drain now }]
            stop_signal: SIGINT
            stop_grace_period: 1m30s
            shm_size: 128m
            oom_score_adj: -500
            x-martlet: { userns: auto, drain: { wait: 3s } }
            x-other: { ignored: [1, 2] }
            deploy:
              labels: { zone: a }
              replicas: 2
              resources: { limits: { cpus: "1.5", memory: 256M, pids: 200 }, reservations: { memory: 128M } }
              restart_policy: { condition: any, delay: 1s, window: 5m }
              update_config: { parallelism: 1, delay: 1s, failure_action: pause, monitor: 1s, order: start-first }
              rollback_config: { parallelism: 0, max_failure_ratio: 0.25 }
          redis:
            image: redis
            networks: { back: { ipv4_address: 10.77.1.9 } }
            container_name: the-redis
            cpu_period: 20000
            cpu_quota: 30000
            mem_reservation: 64m
            healthcheck: { test: ["CMD", "redis-cli", "ping"], interval: 5s, timeout: 2s, retries: 5, start_period: 10s }
        networks:
          front:
          back: { driver: bridge, driver_opts: {}, labels: { n: "1" }, internal: true, enable_ipv6: true, ipam: { config: [ { subnet: 10.77.1.0/24, gateway: 10.77.1.1 }, { subnet: "fd77:1::/64" } ] } }
        volumes:
          uploads: { labels: { v: "1" } }
        configs:
          conf: { content: "workers = 4", labels: { a: b } }
        secrets:
          key: { file: ./key.txt, name: the-key }
        """
}
