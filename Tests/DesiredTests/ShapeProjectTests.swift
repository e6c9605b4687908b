internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeProjectTests {
    @Test(arguments: [
        (
            "name: p\nservices:\n  a: {image: i, depends_on: [b, c]}\n  b: {image: i}\n  c: {image: i}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"depends_on":{"b":{"condition":"service_started","required":true},"c":{"condition":"service_started","required":true}},"entrypoint":null,"image":"i","networks":{"default":null}},"b":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}},"c":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices:\n  a: {image: i, depends_on: {b: {condition: service_healthy, required: false, restart: true}}}\n  b: {image: i}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"depends_on":{"b":{"condition":"service_healthy","required":false,"restart":true}},"entrypoint":null,"image":"i","networks":{"default":null}},"b":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, networks: [n, default]}}\nnetworks: {n: }",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"},"n":{"ipam":{},"name":"p_n"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null,"n":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, networks: {n: {}}}}\nnetworks: {n: {external: true}}",
            #"{"name":"p","networks":{"n":{"external":true,"ipam":{},"name":"n"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"n":{}}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, networks: {n: {ipv4_address: foo}}}}\nnetworks: {n: {external: true, name: foo}}",
            #"{"name":"p","networks":{"n":{"external":true,"ipam":{},"name":"foo"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"n":{"ipv4_address":"foo"}}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i}}\nnetworks: {n: {external: {name: foo}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, networks: [n]}}\nnetworks: {n: {external: false, labels: {a: b}}}",
            #"{"name":"p","networks":{"n":{"ipam":{},"labels":{"a":"b"},"name":"p_n"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"n":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, networks: [n]}}\nnetworks: {n: {}, m: {}}",
            #"{"name":"p","networks":{"n":{"ipam":{},"name":"p_n"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"n":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, network_mode: host}}\nnetworks: {n: {}, m: {}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"host"}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, network_mode: host}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"host"}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, network_mode: host}}\nnetworks: {default: {driver: foo}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"host"}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, configs: [c, {source: c, target: /x, uid: \"1\", gid: \"2\", mode: 0440}]}}\nconfigs: {c: {file: ./x}}",
            #"{"configs":{"c":{"file":"/srv/apps/x","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"configs":[{"source":"c"},{"gid":"2","mode":"0440","source":"c","target":"/x","uid":"1"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, configs: [c]}}\nconfigs: {c: {content: \"x $$y\"}, d: {environment: HOME}, e: {external: true}, f: {external: true, name: foo}, g: {file: /x, labels: {a: b}, template_driver: x, name: n}}",
            #"{"configs":{"c":{"content":"x $$y","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"configs":[{"source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, configs: [c]}}\nconfigs: {c: {environment: HOME}}",
            #"{"configs":{"c":{"environment":"HOME","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"configs":[{"source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, configs: [c]}}\nconfigs: {c: {environment: NOPE}}",
            #"{"configs":{"c":{"environment":"NOPE","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"configs":[{"source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, configs: [c]}}\nconfigs: {c: {external: true}}",
            #"{"configs":{"c":{"external":true,"name":"c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"configs":[{"source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, configs: [c]}}\nconfigs: {c: {external: {name: x}}}",
            #"{"configs":{"c":{"external":true,"name":"x"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"configs":[{"source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {provider: {type: x, options: {a: b, c: [1, x], d: 1, e: true}}}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"provider":{"options":{"a":["b"],"c":["1","x"],"d":["1"],"e":["true"]},"type":"x"}}}}"#
        ),
        (
            "name: p\nservices: {}",
            #"{"name":"p","services":{}}"#
        ),
        (
            "name: p",
            #"{"name":"p","services":{}}"#
        ),
        (
            "name: p\nversion: \"3\"\nservices: {a: {image: i}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, scale: 2}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"scale":2}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, scale: 2, deploy: {replicas: 2}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"deploy":{"placement":{},"replicas":2,"resources":{}},"entrypoint":null,"image":"i","networks":{"default":null},"scale":2}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, scale: \"2\", deploy: {}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"deploy":{"placement":{},"replicas":2,"resources":{}},"entrypoint":null,"image":"i","networks":{"default":null},"scale":2}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, deploy: {replicas: 3}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"deploy":{"placement":{},"replicas":3,"resources":{}},"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, ports: [80], network_mode: host}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"host","ports":[{"mode":"ingress","protocol":"tcp","target":80}]}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, network_mode: container:z}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"container:z"}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, volumes_from: [container:z]}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes_from":["container:z"]}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, mac_address: \"02:42:ac:11:00:02\"}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","mac_address":"02:42:ac:11:00:02","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, mac_address: \"02:42:ac:11:00:02\", networks: {default: {mac_address: \"02:42:ac:11:00:03\"}}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"a":{"command":null,"entrypoint":null,"image":"i","mac_address":"02:42:ac:11:00:02","networks":{"default":{"mac_address":"02:42:ac:11:00:03"}}}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, network_mode: bridge}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"bridge"}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, network_mode: foo}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"foo"}}}"#
        ),
        (
            "name: p\nservices: {a: {image: i, network_mode: none}}",
            #"{"name":"p","services":{"a":{"command":null,"entrypoint":null,"image":"i","network_mode":"none"}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, build: {context: ., secrets: [s, {source: s, target: t}], ssh: {default: }, labels: {a: 1}, ulimits: {nofile: 1}, extra_hosts: {a: 1.1.1.1}, shm_size: 1g, args: [A, B=1], no_cache: false, pull: true, provenance: false}}}\nsecrets: {s: {file: x}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"secrets":{"s":{"file":"/srv/apps/x","name":"p_s"}},"services":{"web":{"build":{"args":{"B":"1"},"context":"/srv/apps","dockerfile":"Dockerfile","extra_hosts":["a=1.1.1.1"],"labels":{"a":"1"},"provenance":"false","pull":true,"secrets":[{"source":"s"},{"source":"s","target":"t"}],"shm_size":"1073741824","ssh":["default"],"ulimits":{"nofile":1}},"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, configs: [{source: c, mode: \"0440\"}]}}\nconfigs: {c: {file: x}}",
            #"{"configs":{"c":{"file":"/srv/apps/x","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"configs":[{"mode":"0440","source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, configs: [{source: c, mode: 0o440}]}}\nconfigs: {c: {file: x}}",
            #"{"configs":{"c":{"file":"/srv/apps/x","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"configs":[{"mode":"0440","source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, configs: [{source: c, mode: \"440\"}]}}\nconfigs: {c: {file: x}}",
            #"{"configs":{"c":{"file":"/srv/apps/x","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"configs":[{"mode":"0440","source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, configs: [{source: c, mode: 0}]}}\nconfigs: {c: {file: x}}",
            #"{"configs":{"c":{"file":"/srv/apps/x","name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"configs":[{"mode":"00","source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, volumes: [\"vv:/x\", {type: volume, source: vv, target: /y/, volume: {nocopy: false}}, \"vv:/z:z\", \"vv:/w:nocopy,ro\"]}}\nvolumes: {vv: {labels: [a=b]}, ww: }",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes":[{"source":"vv","target":"/x","type":"volume","volume":{}},{"source":"vv","target":"/y","type":"volume","volume":{}},{"bind":{"selinux":"z"},"source":"vv","target":"/z","type":"volume","volume":{}},{"read_only":true,"source":"vv","target":"/w","type":"volume","volume":{"nocopy":true}}]}},"volumes":{"vv":{"labels":{"a":"b"},"name":"p_vv"}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, volumes: [\"vv:/x\"]}}\nvolumes: {vv: {driver: local, driver_opts: {type: none, o: bind, device: ./x, n: 1}, labels: {a: 1}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes":[{"source":"vv","target":"/x","type":"volume","volume":{}}]}},"volumes":{"vv":{"driver":"local","driver_opts":{"device":"/srv/apps/x","n":"1","o":"bind","type":"none"},"labels":{"a":"1"},"name":"p_vv"}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, volumes: [\"vv:/x\"]}}\nvolumes: {vv: {external: true}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes":[{"source":"vv","target":"/x","type":"volume","volume":{}}]}},"volumes":{"vv":{"external":true,"name":"vv"}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, volumes: [\"vv:/x\"]}}\nvolumes: {vv: {external: true, x-a: 1}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes":[{"source":"vv","target":"/x","type":"volume","volume":{}}]}},"volumes":{"vv":{"external":true,"name":"vv"}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, volumes: [\"vv:/x\"]}}\nvolumes: {vv: {external: {name: x}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes":[{"source":"vv","target":"/x","type":"volume","volume":{}}]}},"volumes":{"vv":{"external":true,"name":"x"}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, volumes: [\"vv:/x\"]}}\nvolumes: {vv: {external: false}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes":[{"source":"vv","target":"/x","type":"volume","volume":{}}]}},"volumes":{"vv":{"name":"p_vv"}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, develop: {watch: [{path: ./x, action: sync, target: /y, ignore: a, include: [b], exec: {command: x y, user: z, environment: {A: 1}}, initial_sync: true}]}, build: .}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"build":{"context":"/srv/apps","dockerfile":"Dockerfile"},"command":null,"develop":{"watch":[{"action":"sync","exec":{"command":["x","y"],"environment":{"A":"1"},"user":"z"},"ignore":["a"],"include":["b"],"initial_sync":true,"path":"/srv/apps/x","target":"/y"}]},"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, secrets: [{source: s, target: t}, s]}}\nsecrets: {s: {file: x}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"secrets":{"s":{"file":"/srv/apps/x","name":"p_s"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"secrets":[{"source":"s","target":"t"},{"source":"s","target":"/run/secrets/s"}]}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, networks: {default: {aliases: []}}}}\nnetworks: {default: {ipam: {config: []}, labels: {}, enable_ipv4: true}}",
            #"{"name":"p","networks":{"default":{"enable_ipv4":true,"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":{}}}}}"#
        ),
        (
            "name: p\nservices: {web: {build: ., volumes_from: [b]}, b: {image: i, depends_on: {}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"b":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}},"web":{"build":{"context":"/srv/apps","dockerfile":"Dockerfile"},"command":null,"depends_on":{"b":{"condition":"service_started","required":true}},"entrypoint":null,"networks":{"default":null},"volumes_from":["b"]}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, cpu_period: 1, cpu_quota: 2, cpu_rt_period: 3, cpu_rt_runtime: 4, cpu_percent: 50, cpu_count: 0, cpuset: \"0,1\", mem_swappiness: 0, oom_score_adj: 0, pids_limit: 0}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"cpu_percent":50,"cpu_period":1,"cpu_quota":2,"cpu_rt_period":3,"cpu_rt_runtime":4,"cpuset":"0,1","entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, configs: [c]}}\nconfigs: {c: {file: ~/x, labels: [a], x-b: 1}}",
            #"{"configs":{"c":{"file":"/root/x","labels":{"a":""},"name":"p_c"}},"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"configs":[{"source":"c"}],"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, deploy: {replicas: 2}, scale: 2, cpus: 0.5}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"cpus":0.5,"deploy":{"placement":{},"replicas":2,"resources":{}},"entrypoint":null,"image":"i","networks":{"default":null},"scale":2}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, links: [web2], depends_on: {web2: {condition: service_healthy}}}, web2: {image: i}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"depends_on":{"web2":{"condition":"service_healthy","required":true}},"entrypoint":null,"image":"i","links":["web2"],"networks":{"default":null}},"web2":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, uts: \"service:web2\", cgroup: host, ipc: shareable}, web2: {image: i}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"cgroup":"host","command":null,"depends_on":{"web2":{"condition":"service_started","required":true,"restart":true}},"entrypoint":null,"image":"i","ipc":"shareable","networks":{"default":null},"uts":"service:web2"},"web2":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, pid: \"container:web2\"}, web2: {image: i}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"pid":"container:web2"},"web2":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, environment: {HOME: }, build: {context: ., args: [HOME]}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"build":{"args":{"HOME":"/root"},"context":"/srv/apps","dockerfile":"Dockerfile"},"command":null,"entrypoint":null,"environment":{"HOME":"/root"},"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, depends_on: {db: {condition: service_completed_successfully}}}, db: {image: j}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"db":{"command":null,"entrypoint":null,"image":"j","networks":{"default":null}},"web":{"command":null,"depends_on":{"db":{"condition":"service_completed_successfully","required":true}},"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, networks: {n: null, m: {aliases: [a]}}}}\nnetworks: {n: {driver: overlay, attachable: true}, m: {external: true, name: foo}}",
            #"{"name":"p","networks":{"m":{"external":true,"ipam":{},"name":"foo"},"n":{"attachable":true,"driver":"overlay","ipam":{},"name":"p_n"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"m":{"aliases":["a"]},"n":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, networks: [n]}}\nnetworks: {n: {ipam: {driver: default, config: [{subnet: 172.28.0.0/16, gateway: 172.28.5.254}]}}}",
            #"{"name":"p","networks":{"n":{"ipam":{"config":[{"gateway":"172.28.5.254","subnet":"172.28.0.0/16"}],"driver":"default"},"name":"p_n"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"n":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, volumes: [\"db-data:/x\"]}}\nvolumes: {db-data: {driver: local, driver_opts: {type: nfs, o: \"addr=1.2.3.4,rw\", device: \":/x\"}}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"volumes":[{"source":"db-data","target":"/x","type":"volume","volume":{}}]}},"volumes":{"db-data":{"driver":"local","driver_opts":{"device":":/x","o":"addr=1.2.3.4,rw","type":"nfs"},"name":"p_db-data"}}}"#
        ),
        (
            "name: my_app-1\nservices: {web: {image: i}}",
            #"{"name":"my_app-1","networks":{"default":{"ipam":{},"name":"my_app-1_default"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null}}}}"#
        ),
        (
            "name: p\nservices: {web: {image: i, secrets: [{source: s, target: /a/b, mode: 0400}]}}\nsecrets: {s: {external: true}}",
            #"{"name":"p","networks":{"default":{"ipam":{},"name":"p_default"}},"secrets":{"s":{"external":true,"name":"s"}},"services":{"web":{"command":null,"entrypoint":null,"image":"i","networks":{"default":null},"secrets":[{"mode":"0400","source":"s","target":"/a/b"}]}}}"#
        ),
    ])
    func `a project is finished with what is implied`(_ yaml: String, _ model: String) {
        #expect(Sample.model(yaml) == model)
    }
}
